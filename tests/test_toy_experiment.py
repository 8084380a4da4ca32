"""gan-toy: from the points to the figures, exact resume, what a slow discriminator does, what it cannot take."""

import numpy as np
import pytest

from minigen import checkpoint, data, optim, random, tensor
from minigen.evaluate import count_modes, diversity
from minigen.experiments import gan_toy
from minigen.models import GAN, fully_connected
from minigen.run import Run


def trained(tmp_path, **options):
    run = Run.create(gan_toy.NAME, 0, root=tmp_path)
    random.manual_seed(run.seed)
    return run, gan_toy.train(run, progress=False, **options)


def test_from_points_to_figures(tmp_path, monkeypatch):
    monkeypatch.setattr(gan_toy, "EVERY", 50)
    run, report = trained(tmp_path, steps=150)
    assert sorted(p.name for p in run.figures.iterdir()) == ["modes.png", "plane.png"]
    modes = report["modes reached by 10,000 samples, of 25"]
    assert 4 <= modes <= 25
    assert run.metrics("modes")[0] == [50, 100, 150]
    model = gan_toy.load(Run.open(run.folder))
    random.manual_seed(1)
    points = gan_toy.sample(model, 500)
    assert points.shape == (500, 2)
    assert 1 < np.abs(points).max() < 12  # in the units of the data, not of the networks
    assert gan_toy.looked_at(model, 10_000).reached == modes


def test_a_resumed_run_ends_with_the_same_weights(tmp_path):
    whole, _ = trained(tmp_path, steps=9)
    part, _ = trained(tmp_path, steps=4)
    again = Run.open(part.folder)
    random.manual_seed(again.seed)
    gan_toy.train(again, steps=9, progress=False)
    a, b = (checkpoint.load(run.checkpoint)["states"] for run in (whole, again))
    for name in a["model"]:
        np.testing.assert_array_equal(a["model"][name], b["model"][name], err_msg=name)
    assert (whole.folder / "metrics.jsonl").read_bytes() == (again.folder / "metrics.jsonl").read_bytes()


def test_looking_leaves_the_random_numbers_of_the_training_alone():
    random.manual_seed(0)
    model = gan_toy.network()
    before = random.get_state()
    assert gan_toy.looked_at(model) == gan_toy.looked_at(model)
    gan_toy.report(model)
    assert random.get_state() == before


@pytest.mark.parametrize(("d_lr", "g_lr", "healthy"), [(2e-3, 5e-4, True), (1e-4, 1e-3, False)], ids=["D ahead", "D behind"])
def test_who_learns_faster_decides_about_collapse(d_lr, g_lr, healthy):
    """Eight Gaussians: with D ahead all modes are reached, with D behind one or two at a time."""
    toy = data.eight_gaussians(radius=1.0, std=0.05)
    model = GAN(fully_connected(2, 64, 64, 2), fully_connected(2, 64, 64, 1), latent_dim=2)
    d_optimizer = optim.Adam(model.discriminator.parameters(), lr=d_lr, betas=(0.5, 0.999))
    g_optimizer = optim.Adam(model.generator.parameters(), lr=g_lr, betas=(0.5, 0.999))
    for _ in range(400):
        d_loss = model.discriminator_loss(tensor(toy.sample(256)))
        d_optimizer.zero_grad()
        d_loss.backward()
        d_optimizer.step()
        g_loss = model.generator_loss(256)
        g_optimizer.zero_grad()
        g_loss.backward()
        g_optimizer.step()
    samples = model.sample(500).numpy()
    assert (count_modes(samples, toy).reached >= 7) == healthy
    assert count_modes(samples, toy).reached <= (8 if healthy else 3)
    assert diversity(toy.sample(300), samples[:300]).collapsed != healthy


def test_it_cannot_take_other_data():
    with pytest.raises(ValueError, match=r"gan-toy draws its own points, whose modes are known, and cannot take digits\.npz"):
        gan_toy.build("digits.npz")
