namespace KeyRecovery.Protocol.Audit;

/// <summary>Who asked for an erasure. The numbers are the format's.</summary>
public enum ErasureRequester
{
    /// <summary>A trusted device of the account.</summary>
    Device = 1,

    /// <summary>An operator of the app.</summary>
    Operator = 2,
}
