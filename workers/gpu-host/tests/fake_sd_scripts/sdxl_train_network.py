"""The same trainer under the name that SDXL has."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from train_network import main  # noqa: E402

main()
