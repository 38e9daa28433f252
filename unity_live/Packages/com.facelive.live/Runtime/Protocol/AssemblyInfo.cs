using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("FaceLive.Tests.Editor")]
