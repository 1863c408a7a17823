"""The text model trains itself at the first start, once among workers, and is trained anew when its file is not right."""

import csv
import io
import json
import threading
from collections import OrderedDict

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from triage.classify import classify as classifier
from triage.classify import shelf
from triage.classify.classify import load_model
from triage.classify.corpus import FOLDER
from triage.classify.train import ensure_model
from triage.classify.versions import path_of
from triage.models import ModelVersion


@pytest.fixture
def models(settings, tmp_path):
    """A folder of this test's own for model files."""
    settings.MODELS_HOME = tmp_path / "models"
    return settings.MODELS_HOME


@pytest.fixture
def small(tmp_path):
    """Seven texts of each category, so that training takes a moment."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    for path in FOLDER.glob("*.csv"):
        with (
            path.open(encoding="utf-8", newline="") as file,
            (folder / path.name).open("w", encoding="utf-8", newline="") as few,
        ):
            csv.writer(few).writerows(list(csv.reader(file))[:8])
    return folder


@pytest.fixture
def ensure(db, now, models, small):
    """Finds or trains the model of the small corpus."""
    return lambda **more: ensure_model(now=now, corpus=small, **more)


@pytest.fixture
def load(db, now, models, small):
    """Loads what this process should use."""
    return lambda: load_model(now=now, corpus=small)


@pytest.fixture
def fresh_process(monkeypatch):
    """A process that holds no model yet."""
    monkeypatch.setattr(classifier, "_held", OrderedDict({None: classifier._Held()}))
    return classifier._held[None]


def test_first_start_trains_and_keeps_figures(ensure, models, now):
    version = ensure()
    assert (version.name, version.number, version.path, version.trained_at) == ("text", 1, "text-model-1.skops", now)
    assert {"macro_f1", "accuracy", "expected_calibration_error"} <= version.figures["category"].keys()
    assert path_of(version) == models / "text-model-1.skops"
    assert path_of(version).stat().st_mode & 0o777 == 0o600


def test_second_start_finds_the_model(ensure):
    assert ensure() == ensure()
    assert ModelVersion.objects.count() == 1


def test_missing_file_is_trained_anew(ensure):
    first = ensure()
    path_of(first).unlink()
    assert ensure().number == 2


def test_changed_file_is_trained_anew(ensure):
    first = ensure()
    path_of(first).write_bytes(b"something else")
    assert ensure().number == 2


def test_damaged_newest_version_gives_way_to_a_whole_older_one(ensure):
    first, second = ensure(), ensure(force=True)
    path_of(second).unlink()
    assert ensure() == first


def test_changed_corpus_is_learned(ensure, small):
    ensure()
    with (small / "bug.csv").open("a", encoding="utf-8") as file:
        file.write("3,negative,en,The lamp in the lift button blinks twice\n")
    assert ensure().number == 2


def test_force_trains_a_new_version(ensure):
    assert [ensure().number, ensure(force=True).number] == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_start_together_train_one_model(models, small, now):
    found, started = [], threading.Barrier(2)

    def worker():
        started.wait()
        found.append(ensure_model(now=now, corpus=small).number)
        connection.close()

    workers = [threading.Thread(target=worker) for _ in range(2)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join(60)
    assert found == [1, 1]
    assert ModelVersion.objects.count() == 1


def test_loading_trains_the_first_model_and_holds_it(ensure, load, fresh_process, django_assert_num_queries):
    model = load()
    assert model.name == "text model 1"
    with django_assert_num_queries(0):
        assert load() is model


def test_process_takes_up_a_newer_version(ensure, load, fresh_process):
    first = load()
    ensure(force=True)
    fresh_process.looked_at = float("-inf")
    assert (first.number, load().number) == (1, 2)


def test_process_keeps_its_model_when_the_database_forgot_it(load, fresh_process):
    first = load()
    ModelVersion.objects.all().delete()
    fresh_process.looked_at = float("-inf")
    assert load() is first


@pytest.fixture
def full(models):
    """A place for models where nothing can be written, as on a full disk."""
    models.write_text("a file where the folder should be")
    return models


def test_models_that_cannot_be_written_are_learned_once_held_and_written_when_they_can_be(
    load, full, fresh_process, launch, people, api, client, caplog
):
    first = load()
    fresh_process.looked_at = float("-inf")
    assert load() is first
    [version] = ModelVersion.objects.all()
    assert (version.path, version.reason, first.number) == ("", "File exists", version.number)
    assert "held in memory" in caplog.text
    assert client.get("/readyz").json()["degraded"] == ["models"]
    assert api.get("/api/v1/launches/shop/model/").json()["is_in_memory_alone"] is True
    client.force_login(people["lead"])
    assert "each worker learns it when it starts" in client.get("/launches/shop/model/").content.decode()
    full.unlink()
    fresh_process.looked_at = float("-inf")
    assert load() is first
    [version] = ModelVersion.objects.all()
    assert path_of(version).is_file()
    assert (version.reason, client.get("/readyz").json()["degraded"]) == ("", [])
    assert not list(full.glob("*.unfinished"))


def test_second_process_holds_the_same_version_and_takes_up_the_file_that_the_first_one_writes(
    load, full, fresh_process, monkeypatch
):
    first = load()
    held = dict(shelf._learned)
    shelf._learned.clear()
    monkeypatch.setattr(fresh_process, "model", None)
    assert load() is not first
    assert ModelVersion.objects.count() == 1
    full.unlink()
    monkeypatch.setattr(shelf, "_learned", held)
    shelf.write_what_is_held()
    shelf._learned.clear()
    fresh_process.looked_at = float("-inf")
    assert load().number == first.number == ModelVersion.objects.get().number
    assert fresh_process.seen[1] == ModelVersion.objects.get().digest


def test_launch_takes_up_its_own_version_again_when_its_file_is_back(load, fresh_process, launch, now):
    shipped = load()
    content = path_of(ModelVersion.objects.get()).read_bytes()
    own = ModelVersion.objects.get()
    own.pk, own.launch, own.number, own.path, own.standing = None, launch, 9, "text-model-9.skops", "champion"
    own.save()
    looks = {"now": now, "launch_id": launch.pk}
    assert load_model(**looks) is shipped
    path_of(own).write_bytes(content)
    classifier._held[launch.pk].looked_at = float("-inf")
    assert load_model(**looks) is classifier._held[launch.pk].model is not shipped


def test_command_says_that_the_file_cannot_be_written(db, full, small):
    with pytest.raises(CommandError, match="File exists"):
        call_command("train_model", corpus=small, stdout=io.StringIO())


def test_command_trains_and_prints_the_figures(db, models, small):
    printed = io.StringIO()
    call_command("train_model", corpus=small, stdout=printed)
    *told, figures = printed.getvalue().strip().splitlines()
    assert any("text-model-1.skops" in line for line in told)
    assert json.loads(figures)["category"]["macro_f1"] > 0.1


def test_evaluate_prints_figures_of_any_labelled_file(tmp_path):
    table = tmp_path / "reports.csv"
    table.write_text("title,kind\n" + "the page crashes with an error,bug\nplease add a dark theme,wish\n" * 12)
    printed = io.StringIO()
    call_command(
        "evaluate", "classifier", train=table, test=table, text=["title"], label="kind", positive="bug", stdout=printed
    )
    figures = json.loads(printed.getvalue())
    assert (figures["macro_f1"], figures["accuracy"], figures["auc"]) == (1.0, 1.0, 1.0)
    assert {"micro_f1", "expected_calibration_error", "seconds_train", "texts_per_second", "bytes"} <= figures.keys()


def test_evaluate_names_a_missing_column(tmp_path):
    from django.core.management import CommandError

    table = tmp_path / "reports.csv"
    table.write_text("title,kind\nx,bug\n")
    with pytest.raises(CommandError, match=r"reports\.csv has no column label; it has title, kind"):
        call_command("evaluate", "classifier", train=table, test=table, text=["title"], label="label")
