"""Networks of modules: the training loop, and how images, texts, sequences and numbers reach a network.

The tabular networks beside this package train all folds as one program and have a loop of their own; here a network is
an ordinary `torch.nn.Module`, trained fold by fold.
"""
