"""Libraries that convolve on the same GPU, where they are installed: PyTorch and CuPy.

Each gives ways: a name, a call whose result stays on the GPU, and a function that brings a result to NumPy. A way
keeps of `full` what the mode `same` keeps, or has it inside of what it makes.
"""

# Direct sums are not tried at more products than this.
DIRECT_LIMIT = 1 << 36


def fast_length(least):
    """The smallest number from `least` on that has no prime factors but 2, 3 and 5."""
    odd = (3**threes * 5**fives for threes in range(12) for fives in range(8))
    return min(x << (-(-least // x) - 1).bit_length() for x in odd)


class Torch:
    """PyTorch with CUDA, or on Apple's systems with Metal."""

    name = "PyTorch"

    def __init__(self):
        import torch

        self.torch = torch
        if torch.cuda.is_available():
            self.place, self.queue = "cuda", torch.cuda
            # Else some multiply-adds have 11 bits.
            torch.backends.cudnn.allow_tf32 = False
            torch.backends.cuda.matmul.allow_tf32 = False
        elif torch.backends.mps.is_available():
            self.place, self.queue = "mps", torch.mps
        else:
            raise ImportError("it has no GPU here")
        self.version = f"PyTorch {torch.__version__}"

    def ways(self, a, v):
        torch, taps = self.torch, v.shape[-1]
        x, h = (torch.from_numpy(values.copy()).to(self.place) for values in (a, v))
        rows = x.reshape(-1, 1, x.shape[-1])
        first, outputs = (taps - 1) // 2, a.shape[-1]
        if a.size * taps <= DIRECT_LIMIT:
            flipped = h.flip(0).reshape(1, 1, -1)
            pad = taps - 1 - first
            yield (
                "PyTorch conv1d",
                lambda: torch.nn.functional.conv1d(rows, flipped, padding=pad),
                lambda y: y[..., :outputs].reshape(a.shape).cpu().numpy(),
            )
        points = fast_length(outputs + taps - 1)

        def by_fft():
            return torch.fft.irfft(torch.fft.rfft(x, points) * torch.fft.rfft(h, points), points)

        yield "PyTorch FFT", by_fft, lambda y: y[..., first : first + outputs].cpu().numpy()


class Cupy:
    """CuPy, whose signal module has SciPy's functions."""

    name = "CuPy"

    def __init__(self):
        import cupy
        from cupyx.scipy import signal

        self.cupy, self.signal, self.queue = cupy, signal, cupy.cuda.Device()
        self.version = f"CuPy {cupy.__version__}"

    def ways(self, a, v):
        if a.ndim != 1:
            return
        x, h = self.cupy.asarray(a), self.cupy.asarray(v)
        back = self.cupy.asnumpy
        if a.size * v.size <= DIRECT_LIMIT:
            yield "CuPy convolve", lambda: self.signal.convolve(x, h, "same", "direct"), back
        yield "CuPy oaconvolve", lambda: self.signal.oaconvolve(x, h, "same"), back


def first_line(error):
    """What an error says, in short."""
    return (str(error).splitlines() or [repr(error)])[0]


def installed():
    """Those that can be used here, and why the others cannot."""
    found, missing = [], []
    for peer in (Torch, Cupy):
        try:
            found.append(peer())
        except Exception as error:  # their libraries fail in ways of their own
            missing.append(f"{peer.name}: {first_line(error)}")
    return found, missing
