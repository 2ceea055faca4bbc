"""What was done, with what, and how it ended.

A map of its rooms, a family a command; the first of each holds the whole journey.

    scan     pipeline: request, gather, scenes ──► look, find, coverage ──► merge: twice
             ──► handover
    compare  compare, compare_*
    audit    audit, audit_*
    fetch    fetch, fetch_*
    monitor  monitor, monitor_*
    watch    watch, watch_* ──► alerts, alerts_*
    review   review, review_*
    export   export, export_*
    import   import_back, import_drawn, import_merge
    verify   verify, verify_*
    demo     drawn, drawn_*
    doctor   health
    all      folder, folder_* (whose it is), ledger, ledger_* (what is done), fingerprint,
             sights, outcome
"""
