"""Stage `retrieve`: label names become selected, pseudo-labelled corpus images."""
