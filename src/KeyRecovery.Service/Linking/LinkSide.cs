namespace KeyRecovery.Service.Linking;

/// <summary>Whose messages.</summary>
public enum LinkSide
{
    /// <summary>The existing device, which opened the session.</summary>
    Existing,

    /// <summary>The new device, which claimed it.</summary>
    New,
}
