"""This package is the Django settings: one small file per subject, the environment read once with loud errors."""

from .environment import *
from .apps import *
from .database import *
from .broker import *
from .cache import *
from .security import *
from .accounts import *
from .api import *
from .mail import *
from .languages import *
from .files import *
from .rates import *
from .logs import *
