namespace KeyRecovery.Service.Log;

/// <summary>A file of the log.</summary>
/// <param name="Name">Its path below the log's root.</param>
/// <param name="Content">What stands in it.</param>
public readonly record struct LogFile(string Name, ReadOnlyMemory<byte> Content);
