namespace KeyRecovery.Protocol.Linking;

/// <summary>A state after the handshake: each side can tell the other that it stops.</summary>
public abstract class ConnectedState : LinkState
{
    private protected ConnectedState(LinkChannel channel) : base(channel) { }

    private protected LinkChannel TakeChannel() => (LinkChannel)Take();

    /// <summary>Ends the session because the person said no.</summary>
    /// <returns>The message that tells the other side.</returns>
    public ReadOnlyMemory<byte> Decline() => Stop(LinkFailure.Declined);

    /// <summary>Ends the session for any other reason on this side.</summary>
    /// <returns>The message that tells the other side.</returns>
    public ReadOnlyMemory<byte> Cancel() => Stop(LinkFailure.Cancelled);

    private byte[] Stop(LinkFailure reason)
    {
        var end = TakeChannel().End(reason);
        Release();
        return end.Farewell;
    }
}
