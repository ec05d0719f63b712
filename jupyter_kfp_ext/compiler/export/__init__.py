"""The compiled pipeline as a project for the kfp SDK, which needs this extension no more."""
