"""The wheel works where there is no checkout."""

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run([str(part) for part in command], check=False, cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    return next(folder.glob("*.whl"))


def test_wheel_carries_every_resource(wheel: Path) -> None:
    resources = [path for path in (ROOT / "resources").rglob("*") if path.is_file()]
    wanted = {f"fieldstation/resources/{path.relative_to(ROOT / 'resources').as_posix()}" for path in resources}
    assert wanted
    assert wanted <= set(zipfile.ZipFile(wheel).namelist())


def test_wheel_works_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    machine = tmp_path / "machine"
    venv.create(machine, with_pip=False, symlinks=True)
    python = machine / "bin" / "python"
    site = next((machine / "lib").glob("python3*/site-packages"))
    libraries = next(path for path in map(Path, sys.path) if path.name == "site-packages")
    # The libraries of this run, as a plain path: the editable Fieldstation among them stays out of reach.
    (site / "libraries.pth").write_text(f"{libraries}\n", "utf-8")
    install: list[str | Path] = ["install", "--quiet", "--no-deps", "--no-index", "--no-compile", wheel]
    run(sys.executable, "-m", "pip", "--python", python, *install, cwd=tmp_path)

    where = run(python, "-c", "import fieldstation; print(fieldstation.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(site)
    views = run(machine / "bin" / "fieldstation", "views", cwd=tmp_path)
    assert "chest-pa" in views
