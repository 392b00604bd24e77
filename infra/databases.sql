-- Beside the database that the image makes for Prefect (POSTGRES_DB); read once, when PostgreSQL's volume is empty.
CREATE DATABASE kakehashi_mlflow;
