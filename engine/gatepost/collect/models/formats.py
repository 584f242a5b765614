"""Which files are models that Gatepost loads, and what the others are."""

from __future__ import annotations

import zipfile
from pathlib import Path

from gatepost.collect.interface import CollectorError

__all__ = ["MODEL_SUFFIXES", "check_suffix", "is_skops"]

MODEL_SUFFIXES = (".joblib", ".pkl", ".pickle", ".skops")
_OTHERS = {
    ".pt": "PyTorch",
    ".pth": "PyTorch",
    ".ckpt": "PyTorch",
    ".bin": "PyTorch",
    ".safetensors": "safetensors",
    ".keras": "Keras",
    ".h5": "Keras (HDF5)",
    ".hdf5": "Keras (HDF5)",
    ".pb": "TensorFlow",
    ".tflite": "TensorFlow",
    ".onnx": "ONNX",
    ".cbm": "CatBoost",
    ".ubj": "XGBoost",
    ".dill": "dill",
    ".npy": "numpy",
    ".npz": "numpy",
    ".zip": "archive",
    ".7z": "archive",
    ".tar": "archive",
    ".tgz": "archive",
    ".rar": "archive",
    ".mar": "TorchServe archive",
}
_STARTS = {
    b"PK\x03\x04": "a zip archive (PyTorch and Keras write such files)",
    b"\x89HDF": "an HDF5 file (Keras)",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"\x93NUMPY": "an array of numpy",
    b"(\xb5/\xfd": "compressed with zstd",
}
_ADVICE = (
    "save it with joblib or skops, or with MLflow (XGBoost, LightGBM), or write its predictions into a column and"
    " name that as `prediction`"
)


def check_suffix(model: str) -> None:
    """Refuse a model file by its name.

    Raises:
        CollectorError: it is of a kind that Gatepost does not load.
    """
    suffix = Path(model).suffix.lower()
    if suffix in MODEL_SUFFIXES:
        return
    if suffix in _OTHERS:
        what = f"{model} is a file of another kind ({_OTHERS[suffix]}), which Gatepost does not load"
        raise CollectorError(what, option=("model",), advice=_ADVICE)
    raise CollectorError(
        f"{model} is not a kind of model file that Gatepost loads",
        option=("model",),
        advice=f"it loads MLflow folders and {', '.join(MODEL_SUFFIXES)}",
    )


def is_skops(path: Path, name: str) -> bool:
    """Tell by its content whether a file was written by skops.

    Raises:
        CollectorError: it is neither a skops file nor a pickle, but an archive or a file of another kind.
    """
    with path.open("rb") as stream:
        start = stream.read(8)
        stream.seek(257)
        tar = stream.read(5) == b"ustar"
    if start.startswith(b"PK\x03\x04") and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if "schema.json" in archive.namelist():
                return True
    kind = next((kind for magic, kind in _STARTS.items() if start.startswith(magic)), "a tar archive" if tar else "")
    if kind:
        raise CollectorError(f"{name} is {kind}, which Gatepost does not load", option=("model",), advice=_ADVICE)
    if Path(name).suffix.lower() == ".skops":
        raise CollectorError(f"{name} is not a readable skops file", option=("model",))
    return False
