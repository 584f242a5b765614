from __future__ import annotations

import pytest

from gatepost.collect.requirements import conda_pins, pip_pins

COMMIT = "0123456789abcdef0123456789abcdef01234567"
SHA256 = "ab" * 32


@pytest.mark.parametrize(
    ("line", "packages"),
    [
        ("numpy==2.0.1", {"numpy": "2.0.1"}),
        ("numpy === 2.0.1", {"numpy": "2.0.1"}),
        ("torch==2.1.0+cpu ; python_version > '3'", {"torch": "2.1.0+cpu"}),
        ("mlflow[extras]==2.17.0  # logged", {"mlflow": "2.17.0"}),
        ("numpy==2.0.1,>=2", {"numpy": "2.0.1"}),
        (f"numpy==2.0.1 --hash=sha256:{SHA256} --hash=sha256:{SHA256}", {"numpy": "2.0.1"}),
        ("numpy==2.0.1 \\\n    --hash=sha256:ab", {"numpy": "2.0.1"}),
        ("numpy==\\\n2.0.1", {"numpy": "2.0.1"}),
        (f"own @ git+https://host.example/own@{COMMIT}", {"own": f"git+https://host.example/own@{COMMIT}"}),
        (f"own @ git+ssh://git@host.example/own.git@{COMMIT}", {"own": f"git+ssh://host.example/own.git@{COMMIT}"}),
        (
            f"git+https://${{TOKEN}}@host.example/own@{COMMIT}#egg=own",
            {"own": f"git+https://host.example/own@{COMMIT}#egg=own"},
        ),
        (
            f"own @ https://host.example/own-1.0.whl#sha256={SHA256}",
            {"own": f"https://host.example/own-1.0.whl#sha256={SHA256}"},
        ),
        (
            f"https://host.example/own-1.0.whl#egg=own&sha256={SHA256}",
            {"own": f"https://host.example/own-1.0.whl#egg=own&sha256={SHA256}"},
        ),
        ("own @ https://host.example/own-1.0.whl --hash=sha256:ab", {"own": "https://host.example/own-1.0.whl"}),
    ],
)
def test_pins_of_pip(line: str, packages: dict[str, str]) -> None:
    pins = pip_pins([line])
    assert (pins.packages, pins.loose) == (packages, ())


@pytest.mark.parametrize(
    ("line", "loose"),
    [
        ("pandas", "pandas"),
        ("pandas>=2,<3", "pandas"),
        ("pandas~=2.1", "pandas"),
        ("scipy==1.*", "scipy"),
        ("numpy==${VERSION}", "numpy==${VERSION}"),
        ("numpy==2.0.1 --unheard-of", "numpy"),
        ("-e .", "-e ."),
        ("-e.", "-e."),
        (f"-e git+https://host.example/own@{COMMIT}#egg=own", f"-e git+https://host.example/own@{COMMIT}#egg=own"),
        ("-r other.txt", "-r other.txt"),
        ("-rother.txt", "-rother.txt"),
        ("--requirement=other.txt", "--requirement=other.txt"),
        ("own @ git+https://host.example/own", "own"),
        ("own @ git+https://host.example/own@v1.0", "own"),
        ("own @ git+https://host.example/own@0123456", "own"),
        (f"own @ git+https://{COMMIT}@host.example/own", "own"),
        (f"own @ git+https://host.example/own#egg=own@{COMMIT}", "own"),
        ("own @ https://host.example/own-1.0.whl", "own"),
        ("own @ https://host.example/own-1.0.whl#md5=0123456789abcdef0123456789abcdef", "own"),
        ("own @ https://host.example/own-1.0.whl#sha256=ab", "own"),
        ("https://me:pw@host.example/own-1.0.whl", "https://host.example/own-1.0.whl"),
        ("./own", "./own"),
        ("# a comment that ends with \\\npandas>=2", "pandas"),
    ],
)
def test_what_pins_nothing(line: str, loose: str) -> None:
    pins = pip_pins([line])
    assert (pins.packages, pins.loose) == ({}, (loose,))


def test_options_that_install_nothing_change_nothing() -> None:
    lines = [
        "",
        "# made by hand",
        "-i https://host.example",
        "--extra-index-url=https://host.example",
        "-c c.txt",
        "--pre",
    ]
    assert pip_pins(lines) == pip_pins([])


@pytest.mark.parametrize(
    ("spec", "packages"),
    [
        ("numpy=1.26.4=py311h64a7726_0", {"numpy": "1.26.4"}),
        ("conda-forge::numpy==1.26.4", {"numpy": "1.26.4"}),
        ("python=3.11.7", {}),
        ("python==3.11.7=h1_0_cpython", {}),
        ("pip<=24.0", {}),
        ("pip", {}),
    ],
)
def test_pins_of_conda(spec: str, packages: dict[str, str]) -> None:
    pins = conda_pins([spec])
    assert (pins.packages, pins.loose) == (packages, ())


@pytest.mark.parametrize(
    "spec",
    [
        "numpy",
        "numpy=1.26.4",
        "numpy=1.26.*",
        "numpy>=1",
        "numpy==1.*",
        "numpy=1.26.4=*",
        "numpy=1.26.*=py311_0",
        "numpy[version='1.26.4']",
        "python",
        "python=3.11",
        "python>=3.11.7",
        "python=3.11.*",
    ],
)
def test_what_pins_nothing_in_conda(spec: str) -> None:
    pins = conda_pins([spec])
    assert (pins.packages, pins.loose) == ({}, (spec[:5] if spec[0] == "n" else "python",))
