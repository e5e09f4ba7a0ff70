namespace KeyRecovery.Api.Tests.Support;

/// <summary>Tests that read process-wide counters.</summary>
[CollectionDefinition(GateCounts.Alone, DisableParallelization = true)]
#pragma warning disable CA1711 // It is xunit's kind of collection.
public sealed class AloneCollection;
#pragma warning restore CA1711
