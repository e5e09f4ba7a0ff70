namespace KeyRecovery.Client.Results;

/// <summary>One sentence a reason, for a person on either device.</summary>
internal static class LinkWords
{
    public static string Of(LinkFailure reason) => reason switch
    {
        LinkFailure.Handshake => "the devices do not speak with each other: is it the same app and server on both?",
        LinkFailure.WrongDigits => "the six digits were wrong",
        LinkFailure.Declined => "linking was declined",
        LinkFailure.Cancelled => "linking was cancelled on the other device",
        LinkFailure.PeerFailed => "the other device found a fault and stopped",
        LinkFailure.UpgradeRequired => "the other device has a newer version: update this app",
        LinkFailure.WrongChain => "the server shows another account history than the other device",
        LinkFailure.BrokenCommitment or LinkFailure.WrongDraft or LinkFailure.BadPossession
            or LinkFailure.UnexpectedMessage =>
            $"the other device does not keep to the protocol ({reason}): do not trust it",
        _ => $"somebody between the devices changed a message ({reason})",
    };
}
