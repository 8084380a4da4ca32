"""How good a model is: each file one way to judge it, with the warning that belongs to it."""

from minigen.evaluate.bits_per_dim import Bits, NotComparable, bits_per_dim, from_nats
from minigen.evaluate.features import FeatureNet, feature_net
from minigen.evaluate.modes import Diversity, Modes, count_modes, diversity, effective_number
from minigen.evaluate.parzen import Parzen, parzen_log_likelihood, parzen_log_prob
from minigen.evaluate.quality import PrecisionRecall, fid, frechet_distance, kid, precision_recall, sample_quality
from minigen.evaluate.two_sample import C2ST, Permutation, c2st, energy_distance, median_width, mmd2, mmd_test, wasserstein_1d

__all__ = ["Bits", "NotComparable", "bits_per_dim", "from_nats"]  # of models with a density
__all__ += ["FeatureNet", "PrecisionRecall", "feature_net", "fid", "frechet_distance", "kid", "precision_recall", "sample_quality"]
__all__ += ["Diversity", "Modes", "count_modes", "diversity", "effective_number"]  # has the generator collapsed?
__all__ += ["C2ST", "Permutation", "c2st", "energy_distance", "median_width", "mmd2", "mmd_test", "wasserstein_1d"]  # one distribution?
__all__ += ["Parzen", "parzen_log_likelihood", "parzen_log_prob"]  # with its warning
