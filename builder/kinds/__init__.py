"""The kinds of cluster types: what each does (protocol), which there are (registry), and a folder for each."""
