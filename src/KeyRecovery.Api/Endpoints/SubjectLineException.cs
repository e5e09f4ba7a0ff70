namespace KeyRecovery.Api.Endpoints;

/// <summary>A line that is none; the message says which.</summary>
internal sealed class SubjectLineException(int line) : Exception($"line {line}");
