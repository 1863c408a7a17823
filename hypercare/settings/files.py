"""This module says where static files, attachments and models live."""

from .environment import BASE_DIR, HYPERCARE_HOME, flag

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 300
MEDIA_ROOT = HYPERCARE_HOME / "attachments"
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MODELS_HOME = HYPERCARE_HOME / "models"
SEMANTIC = flag("HYPERCARE_SEMANTIC")
