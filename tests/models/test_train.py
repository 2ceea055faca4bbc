"""A killed training ends where it would have ended."""

import csv
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from geo.errors import ModelError
from models.card import PlaceScore
from models.crops import Sampler
from models.patch import Patch
from models.plan import Plan, learning_rate
from models.train import summary, train
from models.zoo import build_net

CPU = torch.device("cpu")
PLAN = Plan(
    encoder="mobilenet_v2", decoder=(8, 8, 8), steps=4, batch=2, size=64, warmup=2,
    validate_every=2, save_every=1,
)  # fmt: skip


def patch(place: str = "here") -> Patch:
    rng = np.random.default_rng(0)
    house = (rng.random((64, 64)) < 0.3).astype(np.uint8)
    picture = np.repeat((house * 150 + 30)[None], 3, 0)
    return Patch(
        name="a", place=place, group="g", weight=1.0, picture=picture,
        labels={"building": house, "wall": house}, gsd=0.5,
    )  # fmt: skip


def run(folder, plan=PLAN, **options):
    train(plan, [patch()], [patch("there")], folder, device=CPU, **options)
    return load_file(folder / "state.safetensors")


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    """One training that nobody killed."""
    folder = tmp_path_factory.mktemp("straight")
    return folder, run(folder)


def same(one, other) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


def test_a_training_goes_on_with_the_pictures_and_the_start_it_had_and_no_others(tmp_path):
    run(tmp_path, stop_after=2)
    other = replace(patch("Poipet"), name="b")
    with pytest.raises(ModelError, match="differs in pictures"):
        train(PLAN, [patch(), other], [patch("there")], tmp_path, device=CPU)
    shifted = replace(patch(), picture=patch().picture + np.uint8(1))
    with pytest.raises(ModelError, match="differs in pictures"):
        train(PLAN, [shifted], [patch("there")], tmp_path, device=CPU)
    net = build_net(PLAN.encoder, decoder=PLAN.decoder)
    with pytest.raises(ModelError, match="differs in start"):
        run(tmp_path, start=net.state_dict())


def test_stopped_at_a_batch_and_begun_again_it_ends_the_same(straight, tmp_path):
    run(tmp_path, stop_after=3)
    assert same(run(tmp_path), straight[1])


def test_killed_in_the_middle_of_a_batch_it_ends_the_same(straight, tmp_path, monkeypatch):
    draw = Sampler.draw

    def killed(self, step):
        if step == 2:
            raise KeyboardInterrupt
        return draw(self, step)

    with monkeypatch.context() as patched:
        patched.setattr(Sampler, "draw", killed)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path)
    assert same(run(tmp_path), straight[1])
    with (tmp_path / "curves.csv").open() as file:
        assert [row["step"] for row in csv.DictReader(file)] == ["2", "4"]


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(straight, tmp_path):
    assert same(run(tmp_path / "again"), straight[1])
    assert not same(run(tmp_path / "other", replace(PLAN, seed=2)), straight[1])


def test_training_moves_the_weights_and_the_average_follows_slowly(straight):
    state = straight[1]
    assert not torch.equal(state["net.head.weight"], state["average.head.weight"])


def test_curves_hold_losses_and_figures_by_place(straight):
    with (straight[0] / "curves.csv").open() as file:
        last = list(csv.DictReader(file))[-1]
    assert last["step"] == "4"
    assert float(last["loss.building"]) > 0
    assert "building.iou.there" in last
    assert "building.iou.here" not in last


def test_a_state_of_another_plan_is_refused(straight):
    with pytest.raises(ModelError, match="differs in seed"):
        run(straight[0], replace(PLAN, seed=5))


def test_more_steps_may_be_asked_of_the_same_training(tmp_path):
    run(tmp_path, replace(PLAN, steps=1))
    assert "net.head.weight" in run(tmp_path, replace(PLAN, steps=2))


def test_a_broken_state_is_refused_with_a_sentence(tmp_path):
    (tmp_path / "state.safetensors").write_bytes(b"nonsense")
    with pytest.raises(ModelError, match="is broken"):
        run(tmp_path)


def test_training_can_begin_from_given_weights(straight, tmp_path):
    begin = load_file(straight[0] / "best.safetensors")
    state = run(tmp_path, replace(PLAN, rate=1e-9, steps=1), start=begin)
    assert torch.allclose(state["net.head.weight"], begin["head.weight"], atol=1e-6)


def test_the_rate_rises_then_falls():
    plan = Plan(steps=100, warmup=10, rate=1.0)
    rates = [learning_rate(plan, step) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == rates[9] == pytest.approx(1.0)
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] < 0.02


def test_the_rate_stays_on_its_level_and_falls_as_far():
    plan = Plan(steps=100, warmup=10, rate=1.0, level=0.5)
    rates = [learning_rate(plan, step) for step in range(100)]
    assert rates[10:55] == pytest.approx([1.0] * 45)
    assert rates[55:] == sorted(rates[55:], reverse=True)
    assert rates[-1] < 0.02


def figure(head: str, metric: str, place: str, value: float) -> PlaceScore:
    return PlaceScore(
        head=head, place=place, metric=metric, value=value, low=value, high=value, blocks=1
    )


def test_the_choice_is_by_the_median_place_not_the_mean():
    values = {"a": 0.1, "b": 0.5, "c": 0.9, "d": 0.9, "e": 0.4}
    scores = [figure("building", "iou", place, v) for place, v in values.items()]
    assert summary(scores) == pytest.approx(0.5)
    assert summary([*scores, figure("wall", "f1_2m", "a", 0.1)]) == pytest.approx(
        (0.5 * 0.5 + 0.3 * 0.1) / 0.8
    )
    assert summary([]) == 0
