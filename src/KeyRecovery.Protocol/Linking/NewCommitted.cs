using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Protocol.Linking;

/// <summary>
/// The other device says that this one is in the chain. The new device reads the vault as itself, and sees.
/// </summary>
public sealed class NewCommitted : ConnectedState
{
    private readonly JoiningDevice _device;

    internal NewCommitted(
        LinkChannel channel, JoiningDevice device, AccountId account, LinkMessage.Committed committed)
        : base(channel) =>
        (_device, Account, Place, HomeKey) = (device, account, committed.Place, committed.HomeKey);

    /// <summary>The account.</summary>
    public AccountId Account { get; }

    /// <summary>Where the link that adds this device stands.</summary>
    public ChainPlace Place { get; }

    /// <summary>
    /// The audit key of the home server, as the other device knows it: where the app pins none, the server's heads must
    /// verify under it.
    /// </summary>
    public VerifyKey HomeKey { get; }

    /// <summary>
    /// Takes the vault that the server told and that was verified from link 0. Fails where it is another account's,
    /// does not hold the signed link at its place, or holds this device no more.
    /// </summary>
    public LinkStep<NewReceiving> Verify(VerifiedVault vault)
    {
        var channel = TakeChannel();
        return vault.Account == Account && vault.Chain.Contains(Place)
            && vault.Chain.FindActive(_device.Entry.Id) is not null
            ? new LinkStep<NewReceiving>.Next(
                new NewReceiving(channel, _device, Account, []), channel.Seal(new LinkMessage.Ready()))
            : LinkStep<NewReceiving>.Fail(channel.End(LinkFailure.WrongChain));
    }
}
