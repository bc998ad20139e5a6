"""Small Streamlit components for events that Streamlit does not offer."""
