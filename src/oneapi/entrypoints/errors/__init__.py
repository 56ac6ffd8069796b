"""How clients see each error: one row for every class of ``oneapi.domain.errors``, in Chinese and English."""
