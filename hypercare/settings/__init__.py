"""This package is the Django settings: one small file per subject, the environment read once with loud errors."""

from .accounts import *
from .api import *
from .apps import *
from .broker import *
from .cache import *
from .database import *
from .environment import *
from .files import *
from .languages import *
from .llm import *
from .logs import *
from .mail import *
from .rates import *
from .security import *
