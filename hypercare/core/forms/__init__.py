"""This package holds core's forms: what people type, with every refusal in plain words beside its field."""
