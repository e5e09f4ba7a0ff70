namespace KeyRecovery.Client.Linking;

/// <summary>Leaves a session's flow from any depth. Never leaves the SDK: its ends are outcomes.</summary>
internal sealed class LinkStop(ClientFailure failure, ReadOnlyMemory<byte> farewell) : Exception(failure.Message)
{
    public ClientFailure Failure { get; } = failure;

    /// <summary>The message for the other side; empty for none.</summary>
    public ReadOnlyMemory<byte> Farewell { get; } = farewell;
}
