"""How clients meet each error: one row for every class of ``oneapi.domain.errors``, in Chinese and in English."""
