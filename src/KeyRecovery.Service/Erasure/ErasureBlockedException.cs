namespace KeyRecovery.Service.Erasure;

/// <summary>An erasure that must wait, and alarms: what decides it cannot be seen in the data that are there.</summary>
internal sealed class ErasureBlockedException(string message) : Exception(message);
