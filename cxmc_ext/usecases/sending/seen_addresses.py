"""The addresses of a mailing that were stored before, in little memory, however many there are."""

from collections.abc import Iterable


class SeenAddresses:
    """Remembers one bit per address, at a place that its member hash names: 2 MB.

    Two addresses may have the same place, so some that are new seem to be known: 1 of 30 in a mailing to a
    million people. None that is known seems to be new.
    """

    def __init__(self) -> None:
        self._bits = bytearray(1 << 21)

    def add(self, hashes: Iterable[bytes]) -> set[bytes]:
        """Adds addresses by member hash, which is a random number.

        Returns:
            Those that may have been added before, or twice now.
        """
        bits, known = self._bits, set[bytes]()
        for key in hashes:
            index, bit = key[0] << 13 | key[1] << 5 | key[2] >> 3, 1 << (key[2] & 7)
            if bits[index] & bit:
                known.add(key)
            bits[index] |= bit
        return known
