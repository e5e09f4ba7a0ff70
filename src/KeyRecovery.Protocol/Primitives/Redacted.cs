namespace KeyRecovery.Protocol.Primitives;

/// <summary>What a secret prints.</summary>
internal static class Redacted
{
    public const string Text = "[redacted]";
}
