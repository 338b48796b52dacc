"""Simulators on meshes."""
