// Each test has the machine to itself: several start servers and fill them.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
