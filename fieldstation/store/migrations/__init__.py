"""The history of the schema, one file a step; Alembic runs them. A step that was released is never changed."""
