"""How texts and sequences reach a recurrent layer."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from automl.plugin import Features, storable
from automl_rnn.recurrent import Cell, Recurrent
from automl_torch.nets.branch import Branch
from automl_torch.nets.series import Series, learn_series
from automl_torch.nets.words import PAD, UNKNOWN, Vocabulary, learn_vocabulary

_FORGOTTEN = 0.1  # share of the words that training reads as unknown, so that unknown words mean something
_MOST_STEPS = 64  # of a sequence; neighbours of longer ones are read as one step


@storable("rnn.texts")
@dataclass(frozen=True, kw_only=True)
class Texts(Branch):
    """A column of texts: its vocabulary, the number of values for each word, and the kind of cell."""

    vocabulary: Vocabulary
    embedding: int
    cell: Cell

    def read(self, features: Features) -> tuple[Tensor, ...]:
        """Return word numbers (n_rows, n_words) int64 and lengths (n_rows,) int64."""
        return self.vocabulary.read(features.raw[self.columns[0]])

    def lengths(self, tensors: tuple[Tensor, ...]) -> Tensor | None:
        """Return the numbers of words."""
        return tensors[1]

    def module(self) -> nn.Module:
        """Return the network."""
        return _Words(self)


@storable("rnn.sequences")
@dataclass(frozen=True, kw_only=True)
class Sequences(Branch):
    """Columns of sequences, a channel each, of which `stride` neighbouring values are one step."""

    series: Series
    stride: int
    cell: Cell

    def read(self, features: Features) -> tuple[Tensor, ...]:
        """Return (n_rows, n_channels, n_steps) float32 and lengths (n_rows,) int64."""
        return self.series.read(features)

    def lengths(self, tensors: tuple[Tensor, ...]) -> Tensor | None:
        """Return the numbers of steps."""
        return tensors[1]

    def module(self) -> nn.Module:
        """Return the network."""
        return _Steps(self)


def learn_texts(features: Features, column: str, hidden: int, embedding: int, cell: Cell) -> Texts:
    """Learn the vocabulary from training rows."""
    vocabulary = learn_vocabulary(features.raw[column])
    return Texts(columns=(column,), width=4 * hidden, vocabulary=vocabulary, embedding=embedding, cell=cell)


def learn_sequences(features: Features, columns: tuple[str, ...], hidden: int, cell: Cell) -> Sequences:
    """Learn the channels from training rows, and how many values are one step."""
    series = learn_series(features, columns)
    longest = int(series.read(features)[1].max())
    return Sequences(columns=columns, width=4 * hidden, series=series, stride=-(-longest // _MOST_STEPS), cell=cell)


class _Words(nn.Module):
    def __init__(self, texts: Texts) -> None:
        super().__init__()
        self.embedding = nn.Embedding(texts.vocabulary.size, texts.embedding, padding_idx=PAD)
        self.dropout = nn.Dropout(0.2)
        self.recurrent = Recurrent(texts.embedding, texts.width // 4, texts.cell)

    def forward(self, words: Tensor, lengths: Tensor, view: int = 0) -> Tensor:
        """Return (n_rows, width)."""
        words = words[:, : int(lengths.max())]
        if self.training:
            lost = (torch.rand(words.shape, device=words.device) < _FORGOTTEN) & (words != PAD)
            words = words.masked_fill(lost, UNKNOWN)
        found: Tensor = self.recurrent(self.dropout(self.embedding(words)), lengths)
        return found


class _Steps(nn.Module):
    def __init__(self, sequences: Sequences) -> None:
        super().__init__()
        self._stride = sequences.stride
        self.recurrent = Recurrent(len(sequences.columns) * sequences.stride, sequences.width // 4, sequences.cell)

    def forward(self, values: Tensor, lengths: Tensor, view: int = 0) -> Tensor:
        """Return (n_rows, width)."""
        values = values[:, :, : int(lengths.max())]
        n_rows, n_channels, n_steps = values.shape
        padded = functional.pad(values, (0, -n_steps % self._stride))
        steps = padded.reshape(n_rows, n_channels, -1, self._stride).transpose(1, 2).flatten(2)
        found: Tensor = self.recurrent(steps, (lengths + self._stride - 1) // self._stride)
        return found
