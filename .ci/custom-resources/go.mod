module saviorrec/custom-resources

go 1.24
