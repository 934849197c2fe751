"""The checks of a model family, by what they are about; each is a function of a family that raises where it fails."""
