"""The first page's question answered as a stock Streamlit page would: pandas, plotly express, default settings."""

import os

import pandas as pd
import plotly.express as px
import streamlit as st

folder = os.environ["STOCK_TABLES"]
organisations = pd.read_parquet(f"{folder}/organisations.parquet")
findings = pd.read_parquet(f"{folder}/findings.parquet")
contracts = pd.read_parquet(f"{folder}/contracts.parquet")

councils = organisations[organisations["sector"] == "local"]
mail = findings[(findings["role"] == "mail") & (findings["layer"] == "back")]
held = councils.merge(mail, left_on="domain", right_on="subject", how="left")
counts = held.groupby(held["provider"].fillna("not tested"))["name"].nunique().reset_index(name="councils")
layers = findings.groupby(["parent", "role"])["organisation_id"].nunique().reset_index(name="bodies")
years = (
    contracts.assign(year=pd.to_datetime(contracts["start_on"]).dt.year)
    .groupby("year")
    .size()
    .reset_index(name="contracts")
)

st.title("Which clouds do UK public services hang from?")
st.metric("Councils", len(councils))
st.plotly_chart(px.bar(counts, x="councils", y="provider", orientation="h"))
st.plotly_chart(px.density_heatmap(layers, x="role", y="parent", z="bodies"))
st.plotly_chart(px.line(years, x="year", y="contracts"))
