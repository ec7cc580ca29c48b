"""Data: bring two files in."""

import streamlit as st

st.write("soon")
