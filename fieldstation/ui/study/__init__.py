"""Study: the views of one exam, reading a cassette, judging a picture, sending."""
