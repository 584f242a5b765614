"""The names that a model file may use: what models of scikit-learn, XGBoost, LightGBM and imbalanced-learn need.

A pickle names classes and functions, creates objects, calls what it names, and sets any attribute. So that a class
belongs to a known library is not enough: ``numpy.memmap`` writes a file, and the distributions of ``scipy.stats``
run text that stands in their state. Each name here was reviewed for three uses:

- ``CALLED``: may be called with any arguments while the file is loaded.
- ``CREATED``: a class of which an object may be created without a call, and its attributes set.
- ``NAMED``: a function that an attribute may hold. The model may call it with any arguments when it predicts, so
  it must neither open files, import, compile nor start anything.

What is in CALLED or CREATED can be an attribute too, and its constructor obeys the same rule.
"""

from __future__ import annotations

__all__ = [
    "CALLED",
    "CALLED_MODULES",
    "CREATED",
    "CREATED_MODULES",
    "ESTIMATOR_PACKAGES",
    "KNOWN_PACKAGES",
    "NAMED",
    "NAMED_MODULES",
    "REPLACED",
    "UNFIT_SEGMENTS",
]


def _names(text: str) -> frozenset[str]:
    """Return full names; each line is ``module: name name ...``, and an indented line continues the one before."""
    found: set[str] = set()
    module = ""
    for line in text.splitlines():
        head, colon, rest = line.partition(":")
        if colon:
            module = head.strip()
        found |= {f"{module}.{name}" for name in (rest if colon else line).split()}
    return frozenset(found)


# Modules of these packages may be imported to see what a name stands for, save for those with an unfit segment.
KNOWN_PACKAGES = frozenset({"sklearn", "numpy", "scipy", "pandas", "xgboost", "lightgbm", "imblearn"})
UNFIT_SEGMENTS = frozenset(
    """
    tests test testing _testing _mocking _test_common conftest datasets externals distutils f2py setup __main__
    _build_utils callback_server io plotting util tensorflow keras dask spark plot
    """.split()
)

# Estimators of these packages (subclasses of BaseEstimator) may be created.
ESTIMATOR_PACKAGES = frozenset({"sklearn", "xgboost", "lightgbm", "imblearn"})

CALLED = _names("""
builtins: bool bytearray bytes complex dict float frozenset int list object range set slice str tuple
collections: Counter OrderedDict defaultdict deque
datetime: date datetime time timedelta timezone
decimal: Decimal
fractions: Fraction
uuid: UUID
functools: partial
operator: itemgetter
re: _compile
array: _array_reconstructor array
random: Random
zoneinfo: ZoneInfo
numpy: bool bool_ bytes_ complex64 complex128 clongdouble complex256 datetime64 float16 float32 float64 longdouble
    float128 int8 int16 int32 int64 intc intp longlong object_ record str_ timedelta64 uint8 uint16 uint32 uint64
    uintc uintp ulonglong void
numpy.core.numeric: _frombuffer
numpy._core.numeric: _frombuffer
numpy.core._internal: _convert_to_stringdtype_kwargs
numpy._core._internal: _convert_to_stringdtype_kwargs
numpy.random._pickle: __bit_generator_ctor __generator_ctor __randomstate_ctor
numpy.random.bit_generator: __pyx_unpickle_SeedSequence
pandas.core.indexes.base: _new_Index
pandas.core.indexes.datetimes: _new_DatetimeIndex
pandas.core.indexes.period: _new_PeriodIndex
pandas._libs.internals: _unpickle_block BlockPlacement
pandas._libs.arrays: __pyx_unpickle_NDArrayBacked
pandas._libs.interval: __pyx_unpickle_IntervalMixin Interval
pandas._libs.tslibs.nattype: _nat_unpickle
pandas._libs.tslibs.timedeltas: _timedelta_unpickle
pandas._libs.tslibs.timestamps: _unpickle_timestamp
pandas._libs.tslibs.offsets: BusinessDay Day Hour Minute Second MonthEnd MonthBegin QuarterEnd QuarterBegin YearEnd
    YearBegin Week
pandas: CategoricalDtype DatetimeTZDtype IntervalDtype PeriodDtype StringDtype Interval BooleanDtype Float32Dtype
    Float64Dtype Int8Dtype Int16Dtype Int32Dtype Int64Dtype UInt8Dtype UInt16Dtype UInt32Dtype UInt64Dtype
    RangeIndex Period
pandas._libs.tslibs.period: Period
pandas.core.internals.managers: BlockManager SingleBlockManager
pandas.core.dtypes.dtypes: CategoricalDtype DatetimeTZDtype IntervalDtype PeriodDtype
pandas.core.arrays.string_: StringDtype
pandas.core.arrays.boolean: BooleanDtype
pandas.core.arrays.floating: Float32Dtype Float64Dtype
pandas.core.arrays.integer: Int8Dtype Int16Dtype Int32Dtype Int64Dtype UInt8Dtype UInt16Dtype UInt32Dtype UInt64Dtype
pyarrow.lib: py_buffer type_for_alias
sklearn.metrics._dist_metrics: newObj
sklearn.neighbors._kd_tree: newObj
sklearn.neighbors._ball_tree: newObj
sklearn.neighbors._binary_tree: newObj
""")

# Cython classes without Python state; what calls them gives numbers.
CALLED_MODULES = (
    "sklearn._loss._loss",
    "sklearn.linear_model._sgd_fast",
    "sklearn.tree._criterion",
    "sklearn.tree._splitter",
    "sklearn.tree._tree",
)

# Needed, but with arguments that are checked: Gatepost puts something else in their place.
REPLACED = _names("""
_codecs: encode
builtins: getattr
copyreg: _reconstructor __newobj__
joblib.numpy_pickle: NumpyArrayWrapper
sklearn.externals.joblib.numpy_pickle: NumpyArrayWrapper
numpy: dtype memmap ndarray recarray
numpy.rec: recarray
numpy.core.memmap: memmap
numpy._core.memmap: memmap
numpy.core.records: recarray
numpy._core.records: recarray
numpy.core.multiarray: _reconstruct scalar
numpy._core.multiarray: _reconstruct scalar
numpy.ma.core: _mareconstruct
pandas: NA
pandas._libs.missing: NA
pyarrow.lib: _restore_array
""")

CREATED = _names("""
numpy: poly1d matrix
numpy.lib.polynomial: poly1d
numpy.ma: MaskedArray
numpy.ma.core: MaskedArray
numpy.polynomial.polynomial: Polynomial
numpy.random: MT19937 PCG64 PCG64DXSM Philox SFC64 Generator RandomState SeedSequence
numpy.random._mt19937: MT19937
numpy.random._pcg64: PCG64 PCG64DXSM
numpy.random._philox: Philox
numpy.random._sfc64: SFC64
numpy.random._generator: Generator
numpy.random.mtrand: RandomState
numpy.random.bit_generator: SeedSequence
scipy.stats._distn_infrastructure: rv_continuous_frozen rv_discrete_frozen
scipy.interpolate._bsplines: BSpline
scipy.interpolate._interpolate: interp1d PPoly
scipy.interpolate._cubic: CubicSpline PchipInterpolator Akima1DInterpolator
pandas: DataFrame Series Index MultiIndex CategoricalIndex DatetimeIndex TimedeltaIndex PeriodIndex IntervalIndex
    Categorical
pandas.arrays: ArrowStringArray StringArray BooleanArray DatetimeArray TimedeltaArray PeriodArray FloatingArray
    IntegerArray IntervalArray NumpyExtensionArray
pandas.core.frame: DataFrame
pandas.core.series: Series
pandas.core.indexes.base: Index
pandas.core.indexes.multi: MultiIndex
pandas.core.indexes.category: CategoricalIndex
pandas.core.indexes.datetimes: DatetimeIndex
pandas.core.indexes.timedeltas: TimedeltaIndex
pandas.core.indexes.period: PeriodIndex
pandas.core.indexes.interval: IntervalIndex
pandas.core.indexes.range: RangeIndex
pandas.core.arrays.categorical: Categorical
pandas.core.arrays.string_arrow: ArrowStringArray
pandas.core.arrays.string_: StringArray
pandas.core.arrays.boolean: BooleanArray
pandas.core.arrays.datetimes: DatetimeArray
pandas.core.arrays.floating: FloatingArray
pandas.core.arrays.integer: IntegerArray
xgboost.core: Booster
xgboost.callback: EarlyStopping EvaluationMonitor TrainingCallback
lightgbm.basic: Booster
""")

# Modules whose classes hold numbers and settings: losses, trees, kernels, distances, splitters, scorers.
CREATED_MODULES = (
    "scipy.sparse._bsr",
    "scipy.sparse._coo",
    "scipy.sparse._csc",
    "scipy.sparse._csr",
    "scipy.sparse._dia",
    "scipy.sparse._dok",
    "scipy.sparse._lil",
    "sklearn._loss",
    "sklearn.calibration",
    "sklearn.cluster._birch",
    "sklearn.cluster._bisect_k_means",
    "sklearn.compose._column_transformer",
    "sklearn.ensemble._gb_losses",
    "sklearn.ensemble._hist_gradient_boosting",
    "sklearn.gaussian_process.kernels",
    "sklearn.metrics._dist_metrics",
    "sklearn.metrics._scorer",
    "sklearn.model_selection._split",
    "sklearn.neighbors._ball_tree",
    "sklearn.neighbors._binary_tree",
    "sklearn.neighbors._kd_tree",
    "sklearn.neural_network._stochastic_optimizers",
    "sklearn.utils._bunch",
    "sklearn.utils._metadata_requests",
)

NAMED = _names("""
builtins: abs len max min round sum
numpy: character complexfloating flexible floating generic inexact integer number signedinteger unsignedinteger
    abs all allclose amax amin any around array asarray atleast_2d average clip column_stack concatenate corrcoef
    count_nonzero cumsum diff digitize dot histogram hstack interp max mean median min nan_to_num nanmax nanmean
    nanmedian nanmin nanstd nansum nanvar ones percentile prod ptp quantile ravel reshape round searchsorted sort
    squeeze std sum take transpose unique var vstack where zeros
scipy._lib.array_api_compat.numpy._aliases: asarray
scipy.special._logsumexp: logsumexp softmax log_softmax
sklearn.cluster._kmeans: _kmeans_single_elkan _kmeans_single_lloyd
sklearn.decomposition._fastica: _cube _exp _logcosh
""")

# Modules whose Python functions only calculate.
NAMED_MODULES = (
    "scipy.spatial.distance",
    "sklearn.feature_selection._mutual_info",
    "sklearn.feature_selection._univariate_selection",
    "sklearn.metrics",
    "sklearn.preprocessing._data",
)
