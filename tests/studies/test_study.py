"""Studies: which runs they come to, in which directories, and what is refused."""

import pytest

from invdesign.studies import RunConfig, Study, read_study

TEXT = """
tasks = ["contain-lite", "mine.py:task"]
optimizers = ["adam", "cem"]
seeds = [0, 1]
steps = 4
population = 8
simulator = "reference"
"""


def test_every_combination_is_a_run_in_a_directory_of_its_own(tmp_path):
    (tmp_path / "study.toml").write_text(TEXT)
    runs = read_study(tmp_path / "study.toml").runs()
    assert list(runs)[:3] == ["contain-lite-adam-0", "contain-lite-adam-1", "contain-lite-cem-0"]
    assert len(runs) == 8
    mine = f"{tmp_path / 'mine.py'}:task"  # found beside the study, from wherever it is made
    common = {"steps": 4, "simulator": "reference"}
    # A setting goes to the optimizers that honor it.
    assert runs["mine-task-adam-1"] == RunConfig(task=mine, optimizer="adam", seed=1, **common)
    cem = RunConfig(task=mine, optimizer="cem", seed=0, population=8, **common)
    assert runs["mine-task-cem-0"] == cem


def test_further_axes_are_named_and_lists_in_zip_go_together():
    runs = Study(
        {
            "tasks": ["contain"],
            "models": ["water2d", "water2d-open"],
            "product": {"patience": [5, 10], "options": {"joints": [8, 12]}},
            "zip": {"learning_rate": [0.1, 0.2], "steps": [40, 20]},
            "options": {"angle": 0.5},
        }
    ).runs()
    assert len(runs) == 2 * 2 * 2 * 2
    name = "contain-water2d-open-patience=10-joints=8-learning_rate=0.2-steps=20"
    options = {"angle": 0.5, "joints": 8}
    assert runs[name].options == options and runs[name].steps == 20


def test_files_of_models_are_found_beside_the_study(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text('tasks = ["contain"]\nmodels = ["water2d,a.safetensors"]\n')
    ((name, config),) = read_study(path).runs().items()
    assert name == "contain-water2d+a" and config.model == f"water2d,{tmp_path / 'a.safetensors'}"


def test_long_and_odd_values_make_names_that_a_directory_can_have():
    (name,) = Study({"tasks": ["contain"], "product": {"model": ["x" * 300]}}).runs()
    assert len(name) < 150
    runs = Study({"tasks": ["a/b c"], "product": {"init": [[0.1, 0.2], [0.3, 0.4]]}}).runs()
    assert list(runs) == ["a_b_c-init=_0.1_0.2_", "a_b_c-init=_0.3_0.4_"]
    assert list(Study({"tasks": ["logs"]}).runs()) == ["run-logs"]


MANY = list(range(1, 401))
MISTAKES = {
    "optimisers = ['adam']": "there is no field `optimisers`; did you mean `optimizers`",
    "product = {stepz = [1]}": "there is no field `stepz` in `product`; did you mean `steps`",
    "seeds = []": "`seeds` is empty",
    "seeds = [0, 0]": "the run `contain-0` is in it twice",
    "seeds = 3": "`seeds` is an axis and takes a list, not 3",
    "seeds = 'abc'": "`seeds` is an axis and takes a list",
    "seeds = [-1]": "seed >= 0",
    "seeds = ['a']": "at `$.seed`: expected `int`, got `str`",
    "steps = 1.5": "at `$.steps`: expected `int",
    "seed = 1\nseeds = [2]": "`seed` is said twice",
    "product = {optimizer = ['adam']}\noptimizers = ['cem']": "`optimizer` is said twice",
    "options = {a = 1}\nproduct = {options = {a = [2]}}": "`options.a` is said twice",
    "zip = {steps = [1, 2], patience = [1]}": "the lists in `zip` are of one length",
    "zip = 3": "`zip` is a table",
    "product = {options = 3}": "`options` in `product` is a table",
    "task = 'ramp'": "`task` is said twice",
    f"product = {{steps = {MANY}, patience = {MANY}}}": "160,000 runs",
    "models = ['a/w.safetensors', 'b/w.safetensors']": "would share the directory `contain-w`",
    "learning_rate = nan": "finite",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_one_sentence_that_names_file_and_field(text, tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(f"tasks = ['contain']\n{text}\n")
    with pytest.raises(ValueError) as caught:
        read_study(path).runs()
    said = str(caught.value)
    assert said.startswith(f"`{path}`") and MISTAKES[text] in said
    assert said.endswith(".") and not said.endswith("..")


def test_a_study_names_a_task():
    with pytest.raises(ValueError, match="it names no task"):
        Study({"seeds": [0]}).runs()
    with pytest.raises(ValueError, match="expected `str`"):
        Study({"tasks": [object()]}).runs()
