namespace KeyRecovery.Api.CommandLine;

/// <summary>A command line that a verb does not understand; the message is for the person who typed it.</summary>
internal sealed class UsageException(string message) : Exception(message);
