"""Everything that runs a network. Knows neither the store nor Streamlit."""
