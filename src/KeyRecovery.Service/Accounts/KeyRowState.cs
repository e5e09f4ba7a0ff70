namespace KeyRecovery.Service.Accounts;

/// <summary>The life of a key row.</summary>
public enum KeyRowState
{
    /// <summary>The account is being made; its data may not be there yet.</summary>
    Pending = 1,

    /// <summary>The account is there.</summary>
    Live = 2,

    /// <summary>A tombstone: the subject key is destroyed.</summary>
    Erased = 3,
}
