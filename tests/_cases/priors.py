PRIORS = {}
