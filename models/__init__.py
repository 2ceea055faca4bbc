"""Judges of pixels: nets, their cards, their training and their streaming inference.

A map of its rooms:

    the net      zoo, encoders, pretrained;  card, words, cardpage, checkpoint
    judging      predict, predict_* ──► judge, judge_*: phased, phased_*, bands
    machines     device, machine, depthwise;  kept
    two dates    change, change_*
    labels       sets ──► data: patch, sheets, labels, pictures, georeferenced; drawn, synthetic
    learning     crops, augment ──► losses, lanes ──► train: plan, resume, curves;  recipe
    promises     calibrate, calibrate_* ──► certify (what ships lies in weights/)
    measuring    evaluate, evaluate_*: metrics, metrics_*
"""
