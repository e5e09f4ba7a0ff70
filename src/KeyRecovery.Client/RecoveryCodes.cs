namespace KeyRecovery;

/// <summary>What this library adds to <see cref="RecoveryCode"/>.</summary>
public static class RecoveryCodes
{
    extension(RecoveryCode)
    {
        /// <summary>Draws a code from the operating system's random bytes, to be disposed of.</summary>
        public static RecoveryCode Generate() => RecoveryCode.Generate(SystemRandom.Instance);
    }
}
