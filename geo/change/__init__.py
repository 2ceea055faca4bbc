"""Tell what happened between two dates, thing by thing, and what nobody could have seen."""
