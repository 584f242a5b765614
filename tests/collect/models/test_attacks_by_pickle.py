"""Pickles that try to run, write or read something while a model is loaded, and what must not be refused with them."""

from __future__ import annotations

import copyreg
import functools
import importlib.util
import io
import os
import pickle
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import StackingClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from gatepost.collect.interface import CollectorError
from gatepost.collect.models.loading import load
from gatepost.collect.models.trust import ModelFiles, ModelTrust

Call = Callable[[str, str, bytes], bytes]


def text(value: str) -> bytes:
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def by_global(module: str, name: str, arguments: bytes) -> bytes:
    return f"c{module}\n{name}\n(".encode() + arguments + b"tR"


def by_stack_global(module: str, name: str, arguments: bytes) -> bytes:
    return text(module) + text(name) + b"\x93(" + arguments + b"tR"


def by_instance(module: str, name: str, arguments: bytes) -> bytes:
    return b"(" + arguments + f"i{module}\n{name}\n".encode()


def by_object(module: str, name: str, arguments: bytes) -> bytes:
    return f"(c{module}\n{name}\n".encode() + arguments + b"o"


def by_memo(module: str, name: str, arguments: bytes) -> bytes:
    return text(module) + b"q\x070" + text(name) + b"q\x080" + b"h\x07h\x08\x93(" + arguments + b"tR"


CALLS: list[Call] = [by_global, by_stack_global, by_instance, by_object, by_memo]


def refused(path: Path, trust: ModelTrust | None = None) -> CollectorError:
    with pytest.raises(CollectorError) as caught:
        load(ModelFiles(path, path.name, trust=trust or ModelTrust()))
    return caught.value


def written(folder: Path, body: bytes, protocol: int = 4) -> Path:
    """Write a pickle that does ``body``, then leaves a real model."""
    fitted = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    path = folder / "m.pkl"
    path.write_bytes(pickle.PROTO + bytes([protocol]) + body + b"0" + pickle.dumps(fitted, 4)[2:])
    return path


class Calling:
    """Pickled, it is a call."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


# Functions and classes that do something with a text or a path, wherever a library re-exports them.
GADGETS = """
os:system posix:system posix:execv os:popen os:spawnlp os:startfile subprocess:Popen subprocess:check_output
subprocess:getoutput builtins:eval builtins:exec builtins:compile builtins:open builtins:__import__ builtins:getattr
builtins:setattr builtins:delattr builtins:globals builtins:vars builtins:type builtins:input builtins:breakpoint
builtins:map builtins:filter builtins:print io:open io:FileIO io:open_code _io:open _io:FileIO _pyio:open codecs:open
codecs:encode codecs:decode pathlib:Path pathlib:PosixPath pathlib:Path.write_text pathlib:Path.read_text
shutil:rmtree shutil:copy shutil:move shutil:unpack_archive tempfile:mkdtemp tempfile:NamedTemporaryFile
marshal:loads types:FunctionType types:CodeType types:LambdaType types:MethodType types:SimpleNamespace runpy:run_path
runpy:_run_code runpy:run_module importlib:import_module importlib:reload importlib._bootstrap:_load
importlib.machinery:SourceFileLoader importlib.util:spec_from_file_location imp:load_source _imp:create_dynamic
pkgutil:resolve_name zipimport:zipimporter pydoc:locate pydoc:pipepager pydoc:render_doc timeit:timeit timeit:main
cProfile:run cProfile:runctx profile:run profile:Profile.run trace:Trace bdb:Bdb bdb:Bdb.run pdb:run pdb:Pdb
doctest:run_docstring_examples doctest:debug_script doctest:testmod code:interact code:InteractiveInterpreter
codeop:compile_command ctypes:CDLL ctypes:PyDLL ctypes.util:find_library _ctypes:dlopen pty:spawn
_posixsubprocess:fork_exec multiprocessing:Process multiprocessing.util:spawnv_passfds asyncio:run
asyncio.unix_events:_UnixSubprocessTransport concurrent.futures:ProcessPoolExecutor threading:Thread
_thread:start_new_thread signal:signal atexit:register logging.config:fileConfig logging.config:dictConfig
logging.config:listen logging.config:DictConfigurator.ext_convert logging:FileHandler site:addsitedir
site:execsitecustomize sys:settrace sys:_getframe sys:modules webbrowser:open webbrowser:register antigravity:geohash
this:s idlelib.run:main turtle:read_docstrings test.support.script_helper:assert_python_ok distutils.spawn:spawn
setuptools:setup ensurepip:bootstrap venv:create pip:main pip._internal:main urllib.request:urlopen
urllib.request:urlretrieve http.client:HTTPConnection socket:socket socket:create_connection smtplib:SMTP ftplib:FTP
sqlite3:connect dbm:open shelve:open pickle:loads pickle:load pickle:Unpickler _pickle:loads _pickle:Unpickler
copyreg:add_extension copyreg:pickle copyreg:_extension_cache functools:reduce functools:partialmethod
functools:cached_property functools:lru_cache operator:methodcaller operator:attrgetter operator:call operator:delitem
operator:setitem _operator:methodcaller _operator:attrgetter itertools:starmap itertools:accumulate gc:get_objects
inspect:getattr_static weakref:finalize contextlib:ExitStack unittest.mock:_dot_lookup unittest.mock:patch
unittest:main string:Formatter ast:literal_eval dis:dis linecache:getlines fileinput:input glob:glob nt:system
posixpath:expanduser platform:popen commands:getoutput tracemalloc:start faulthandler:dump_traceback mmap:mmap
fcntl:fcntl resource:setrlimit xml.sax:parse xmlrpc.client:ServerProxy lib2to3.pgen2.pgen:generate_grammar
_aix_support:_read_cmd_output _osx_support:_read_output _pyrepl.pager:pipe_pager uuid:_get_command_stdout
numpy:memmap.tofile numpy:save numpy:savez numpy:savetxt numpy:load numpy:loadtxt numpy:genfromtxt numpy:fromfile
numpy:fromregex numpy:fromfunction numpy:frompyfunc numpy:vectorize numpy:apply_along_axis numpy:piecewise
numpy:getbufsize numpy:ndarray.tofile numpy:ndarray.dump numpy:testing.measure numpy:testing.rundocs numpy:f2py
numpy.testing:measure numpy.testing:rundocs numpy.testing._private.utils:runstring
numpy.testing._private.utils:measure numpy.lib.npyio:DataSource numpy.lib._datasource:open numpy.lib:format
numpy.lib.format:open_memmap numpy.lib._npyio_impl:os.system numpy.lib._npyio_impl:load
numpy.f2py:compile numpy.f2py.crackfortran:myeval numpy.f2py.diagnose:run_command numpy.ctypeslib:load_library
numpy.distutils.exec_command:exec_command numpy.core:numeric.load numpy.core.records:fromfile numpy.rec:fromfile
numpy.ma.core:fromfile numpy.lib.stride_tricks:as_strided
numpy.char:chararray numpy._core._internal:_ctypes numpy.lib.introspect:opt_func_info
scipy:LowLevelCallable scipy._lib._ccallback:LowLevelCallable scipy._lib._bunch:_make_tuple_bunch scipy.io:savemat
scipy.io:loadmat scipy.io:mmread scipy.sparse:save_npz scipy.sparse:load_npz scipy.integrate:quad
scipy.optimize:minimize scipy.stats._distn_infrastructure:rv_continuous scipy.stats:rv_continuous
scipy.stats._distn_infrastructure:rv_generic scipy.datasets:face scipy.special._basic:os.system
scipy._lib._testutils:_run_concurrent_barrier scipy._lib.array_api_compat._internal:clone_module
pandas:eval pandas:read_pickle pandas:read_csv pandas:read_sql pandas:read_html pandas:DataFrame.eval
pandas:DataFrame.query pandas:DataFrame.to_pickle pandas:DataFrame.to_csv pandas:Series.to_pickle pandas:HDFStore
pandas:ExcelFile pandas.io.common:get_handle pandas.io.common:os.system pandas.io.pickle:read_pickle
pandas.io.parsers:read_csv pandas.core.computation.eval:eval pandas.core.computation.expr:Expr pandas.compat:os.system
pandas.compat.pickle_compat:Unpickler
pandas.util._testing:os pandas.testing:assert_frame_equal pandas._config.config:set_option pandas:set_option
sklearn:os.system sklearn:_importlib.import_module sklearn:os sklearn.base:os.system sklearn.utils:os.system
sklearn.utils._testing:_delete_folder sklearn.utils._testing:set_random_state sklearn.utils._testing:os
sklearn.utils._mocking:CheckingClassifier sklearn.utils:_safe_indexing sklearn.datasets:load_files
sklearn.datasets:fetch_openml sklearn.datasets:load_svmlight_file sklearn.datasets:fetch_20newsgroups
sklearn.datasets._base:_fetch_remote sklearn.datasets._openml:_open_openml_url sklearn.externals:_packaging
sklearn.tree:export_graphviz sklearn.tree._export:export_graphviz sklearn.utils.parallel:delayed
sklearn.utils.discovery:import_module sklearn.utils._set_output:check_library_installed
sklearn.utils._show_versions:show_versions sklearn.conftest:os
sklearn._build_utils:os sklearn.callback._transport:open_listener sklearn.callback:ScoringMonitor
sklearn.model_selection._validation:cross_val_score sklearn.pipeline:check_memory
joblib:load joblib:dump joblib:Memory joblib:Parallel joblib.memory:Memory joblib.memory:MemorizedFunc
joblib.memory:MemorizedResult joblib.memory:os.system joblib.numpy_pickle:load joblib.numpy_pickle_compat:ZNDArrayWrapper
joblib.numpy_pickle_compat:NDArrayWrapper joblib.externals.loky.backend.spawn:prepare joblib.func_inspect:os.system
joblib.externals.cloudpickle.cloudpickle:_make_function joblib._store_backends:FileSystemStoreBackend
joblib.disk:delete_folder joblib.testing:os threadpoolctl:os.system
cloudpickle.cloudpickle:_make_skeleton_class cloudpickle.cloudpickle:_make_function cloudpickle.cloudpickle:_builtin_type
cloudpickle.cloudpickle:subimport cloudpickle:loads cloudpickle.cloudpickle_fast:_class_setstate dill:loads
dill._dill:_create_function dill._dill:_create_type dill._dill:_import_module dill._dill:_load_type
xgboost:Booster.load_model xgboost.core:_load_lib xgboost.core:os.system xgboost.callback:TrainingCheckPoint
xgboost.compat:import_cupy xgboost.testing:os lightgbm.basic:os.system lightgbm.libpath:ctypes
lightgbm.basic:_LIB lightgbm.engine:CVBooster imblearn.utils.testing:import_module
mlflow.utils.process:_exec_cmd mlflow.pyfunc:load_model mlflow.sklearn:load_model mlflow.utils.file_utils:write_to
mlflow.projects.utils:_run_entry_point skops.io:load skops.io._utils:gettype skops.io._general:_import_obj
torch:load torch.serialization:load torch:compile torch.hub:load torch._utils:_rebuild_tensor_v2
tensorflow:keras keras.models:load_model onnxruntime:InferenceSession celery:Celery billiard:Process nltk.data:load
fsspec:open s3fs:S3FileSystem gatepost.git.command:git gatepost.git:git gatepost.files:write_whole
gatepost.collect.isolation.sandbox:run gatepost.collect.models.unpickling:unpickle gatepost:collect
great_expectations.util:os art.utils:get_file duckdb:connect ibis:connect sqlalchemy:create_engine pyarrow:memory_map
pyarrow.lib:OSFile pyarrow.lib:open_stream pyarrow.fs:LocalFileSystem evidently:Report jinja2:Template mako.template:Template
requests:get httpx:get cffi:FFI IPython:embed py:test ensurepip._bundled:x __main__:Scaler
""".split()


@pytest.mark.parametrize("gadget", GADGETS)
def test_what_no_model_needs_is_refused_by_name_and_byte(gadget: str, tmp_path: Path) -> None:
    module, name = gadget.split(":")
    marker = tmp_path / "ran"
    argument = text(f"touch {marker}")
    for call in CALLS:
        body = call(module, name, argument)
        error = refused(written(tmp_path, body))
        assert error.option == ("model",)
        if gadget == "builtins:getattr":  # it is needed for a few pairs, and checks them itself
            assert "getattr" in error.what or "m.pkl" in error.what
        elif error.what.endswith("is not installed"):  # so there is nothing of it to look at
            assert importlib.util.find_spec(module.partition(".")[0]) is None
        else:
            assert f"{module}.{name}" in error.what
            assert error.what.startswith("m.pkl: byte ")
            assert error.advice
    assert not marker.exists()


def test_no_gadget_is_refused_only_because_it_is_missing() -> None:
    """The names above are those of functions that are there, for the most part."""
    assert callable(subprocess.getoutput)
    assert callable(np.testing.measure)
    assert callable(os.system)
    assert callable(pd.eval)


@pytest.mark.parametrize("protocol", range(6))
def test_a_command_is_refused_in_every_protocol(protocol: int, tmp_path: Path) -> None:
    path = tmp_path / "m.pkl"
    path.write_bytes(pickle.dumps([1, Calling(os.system, f"touch {tmp_path}/ran")], protocol))
    assert "posix.system" in refused(path).what
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("compress", [0, ("zlib", 3), ("gzip", 3), ("bz2", 3), ("xz", 3), ("lzma", 3)])
def test_a_command_is_refused_in_any_compression_and_behind_arrays(tmp_path: Path, compress: Any) -> None:
    held = [np.arange(1000), Calling(os.system, f"touch {tmp_path}/ran")]
    joblib.dump(held, tmp_path / "m.joblib", compress=compress)
    assert "posix.system" in refused(tmp_path / "m.joblib").what
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("compress", [0, 3])
def test_a_command_in_an_array_of_objects_is_refused(tmp_path: Path, compress: int) -> None:
    nested = np.array([[1], Calling(os.system, f"touch {tmp_path}/ran")], dtype=object)
    joblib.dump([np.arange(3), nested], tmp_path / "m.joblib", compress=compress)
    assert "posix.system" in refused(tmp_path / "m.joblib").what
    assert not (tmp_path / "ran").exists()


def test_lz4_is_read_where_it_is_installed_and_named_where_not(tmp_path: Path) -> None:
    (tmp_path / "m.joblib").write_bytes(b"\x04\x22\x4d\x18" + bytes(20))
    try:
        import lz4  # noqa: F401
    except ImportError:
        assert "lz4, which is not installed" in refused(tmp_path / "m.joblib").what
    else:
        assert refused(tmp_path / "m.joblib")


def test_extension_codes_and_persistent_ids_are_refused(tmp_path: Path) -> None:
    copyreg.add_extension("os", "system", 0xF0)
    try:
        error = refused(written(tmp_path, b"\x82\xf0(" + text(f"touch {tmp_path}/ran") + b"tR"))
    finally:
        copyreg.remove_extension("os", "system", 0xF0)
    assert "extension codes" in error.what
    assert "not in the file" in refused(written(tmp_path, text("x") + b"Q")).what
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("module", "name", "shown"),
    [
        ("sklearn.linear_model", "LogisticRegression", "LogisticRegression"),
        ("numpy", "log1p", "log1p"),
        ("numpy", "clip", "clip"),
        ("sklearn.metrics", "accuracy_score", "accuracy_score"),
    ],
)
def test_what_may_only_be_named_is_not_called(module: str, name: str, shown: str, tmp_path: Path) -> None:
    error = refused(written(tmp_path, by_stack_global(module, name, text("a"))))
    assert f"{shown}, which it may only name" in error.what


@pytest.mark.parametrize("kind", ["numpy ndarray", "numpy memmap", "numpy.rec recarray"])
def test_arrays_are_not_made_of_the_files_memory(kind: str, tmp_path: Path) -> None:
    module, name = kind.split()
    body = by_stack_global(module, name, text("8"))
    assert "may only name" in refused(written(tmp_path, body)).what
    created = f"c{module}\n{name}\n(".encode() + text(f"{tmp_path}/ran") + b"t\x81"
    assert "may only name" in refused(written(tmp_path, created)).what
    assert not (tmp_path / "ran").exists()


def test_an_array_with_fewer_objects_than_its_shape_is_refused(tmp_path: Path) -> None:
    class Short:
        def __reduce__(self) -> Any:
            function, arguments, _ = np.array([], dtype=object).__reduce__()
            return function, arguments, (1, (100_000,), np.dtype("O"), False, [1])

    path = tmp_path / "m.pkl"
    path.write_bytes(pickle.dumps(Short()))
    assert "fewer objects" in refused(path).what


def test_a_dtype_that_hides_its_objects_keeps_them(tmp_path: Path) -> None:
    class Hidden:
        def __reduce__(self) -> Any:
            return np.dtype, ("O8", False, True), (3, "|", None, None, None, -1, -1, 0)

    class Array:
        def __reduce__(self) -> Any:
            function, arguments, _ = np.array([], dtype=object).__reduce__()
            return function, arguments, (1, (1,), Hidden(), False, b"AAAAAAAA")

    path = tmp_path / "m.pkl"
    path.write_bytes(pickle.dumps(Array()))
    assert "array of objects holds bytes" in refused(path).what


def test_an_object_is_built_once_and_only_if_the_file_made_it(tmp_path: Path) -> None:
    named = b"csklearn.linear_model\nLogisticRegression\n"
    state = b"(N}" + text("predict") + text("x") + b"stb"
    assert "did not just create" in refused(written(tmp_path, named + state)).what
    again = named + b")\x81}b}b"
    assert "did not just create" in refused(written(tmp_path, again)).what


@pytest.mark.parametrize("name", ["__array_interface__", "__array_struct__", "__class__", "__reduce__", "__dict__"])
def test_attributes_that_say_what_an_object_is_are_refused(name: str, tmp_path: Path) -> None:
    created = b"csklearn.linear_model\nLogisticRegression\n)\x81"
    assert name in refused(written(tmp_path, created + b"}" + text(name) + text("x") + b"sb")).what
    bunch = b"csklearn.utils._bunch\nBunch\n)\x81" + text(name) + text("x") + b"s"
    assert name in refused(written(tmp_path, bunch)).what
    old = by_global(
        "copyreg",
        "_reconstructor",
        b"csklearn.utils._bunch\nBunch\ncbuiltins\ndict\n}" + text(name) + text("x") + b"s",
    )
    assert name in refused(written(tmp_path, old)).what


def test_a_distribution_of_scipy_is_the_librarys_own(tmp_path: Path) -> None:
    """What scipy.stats compiles stands in the state of a distribution."""
    from scipy import stats

    state = {**stats.uniform.__getstate__(), "_parse_arg_template": f"import os; os.system('touch {tmp_path}/ran')"}
    path = tmp_path / "m.pkl"
    created = b"\x80\x02cscipy.stats._continuous_distns\nuniform_gen\n)\x81"
    path.write_bytes(created + pickle.dumps(state, 2)[2:-1] + b"b.")
    assert "uniform_gen, which predicts nothing" in refused(path).what
    assert not (tmp_path / "ran").exists()


def test_a_text_model_that_reads_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("secret")
    vectorizer = CountVectorizer(input="filename").fit([str(tmp_path / "a.txt")])
    classifier = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    joblib.dump(make_pipeline(vectorizer, classifier), tmp_path / "m.joblib")
    error = refused(tmp_path / "m.joblib")
    assert "reads files (input='filename')" in error.what
    assert "input='content'" in error.advice


@pytest.mark.parametrize("method", ["eval", "to_pickle", "tofile", "load_model", "__class__"])
def test_a_stack_calls_only_methods_that_predict(method: str, tmp_path: Path) -> None:
    data = np.arange(20.0).reshape(-1, 1)
    stack = StackingClassifier([("a", LogisticRegression())], cv=2).fit(data, [0, 1] * 10)
    joblib.dump(stack, tmp_path / "m.joblib")
    assert load(ModelFiles(tmp_path / "m.joblib", "m")).is_sklearn
    stack.stack_method_ = [method]
    stack.estimators_ = [pd.DataFrame({"a": [1]})]
    joblib.dump(stack, tmp_path / "m.joblib")
    assert f"stack_method_ is '{method}'" in refused(tmp_path / "m.joblib").what


@pytest.mark.parametrize(
    "function",
    [
        functools.partial(os.system, "true"),
        functools.partial(pd.read_pickle),
        pd.eval,
        io.open,
        np.load,
        np.memmap.tofile,
    ],
)
def test_a_function_that_an_attribute_holds_is_checked_too(function: Any, tmp_path: Path) -> None:
    joblib.dump(make_pipeline(FunctionTransformer(function), LogisticRegression()), tmp_path / "m.joblib")
    assert refused(tmp_path / "m.joblib").what.startswith("m.joblib: ")


def test_a_class_of_a_known_library_that_is_not_reviewed_can_be_trusted(tmp_path: Path) -> None:
    body = b"cscipy.spatial._ckdtree\ncKDTree\n)\x81"
    error = refused(written(tmp_path, body))
    assert "scipy.spatial._ckdtree.cKDTree is not something that models of the known libraries need" in error.what
    assert "trusted_types: [scipy.spatial._ckdtree.cKDTree]" in error.advice
    path = written(tmp_path, body)
    assert load(ModelFiles(path, "m", trust=ModelTrust(("scipy.spatial._ckdtree.cKDTree",)))).is_sklearn


@pytest.mark.parametrize(
    "pair", [(str, "format"), (str, "__class__"), (np.ndarray, "tofile"), (pd.DataFrame, "eval")]
)
def test_other_methods_are_refused(pair: Any, tmp_path: Path) -> None:
    path = tmp_path / "m.pkl"
    path.write_bytes(pickle.dumps(Calling(getattr, *pair)))
    error = refused(path)
    assert "builtins.getattr(" in error.what or "NDArray" in error.what


def test_trusted_types_are_exact_and_count_where_they_live(tmp_path: Path) -> None:
    body = by_stack_global("sklearn", "os.system", text(f"touch {tmp_path}/ran"))
    for trusted in ("posix.syste", "posix", "os.*", "sklearn.os", "sklearn.os.system"):
        error = refused(written(tmp_path, body), ModelTrust((trusted,)))
        assert "sklearn.os.system" in error.what
    assert not (tmp_path / "ran").exists()


def test_a_nested_pickle_in_bytes_is_not_opened(tmp_path: Path) -> None:
    inner = pickle.dumps(Calling(os.system, f"touch {tmp_path}/ran"))
    path = tmp_path / "m.pkl"
    for loads in (pickle.loads, joblib.load, pd.read_pickle):
        path.write_bytes(pickle.dumps(Calling(loads, inner)))
        assert refused(path)
    assert not (tmp_path / "ran").exists()


def test_deep_and_huge_pickles_end_in_an_error(tmp_path: Path) -> None:
    path = tmp_path / "m.pkl"
    path.write_bytes(b"(" * 100_000 + b".")
    assert refused(path)
    path.write_bytes(by_global("builtins", "bytearray", b"I9000000000000000000\n") + b".")
    assert refused(path)


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
        (b"PK\x03\x04", "a zip archive"),
        (b"Rar!\x1a\x07", "a RAR archive"),
        (b"\x93NUMPY", "an array of numpy"),
        (bytes(257) + b"ustar", "a tar archive"),
        (b"ZF", "joblib before 0.10"),
    ],
)
def test_other_formats_under_the_name_of_a_pickle_are_named(start: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "m.pkl").write_bytes(start + bytes(300))
    assert said in refused(tmp_path / "m.pkl").what


def test_a_file_that_changed_since_its_digest_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.joblib"
    joblib.dump(LogisticRegression().fit([[0.0], [1.0]], [0, 1]), path)
    from gatepost.collect.digests import tree_digest

    files = ModelFiles(path, "m.joblib", tree_digest(path))
    assert load(files).is_sklearn
    joblib.dump(LogisticRegression().fit([[0.0], [1.0]], [1, 0]), path)
    with pytest.raises(CollectorError, match="changed while it was measured"):
        load(files)
