namespace KeyRecovery.Api.Bodies;

/// <summary>A line of a job.</summary>
internal sealed record ErasureLine(string Subject);
