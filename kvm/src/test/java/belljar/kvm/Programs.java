package belljar.kvm;

/** Small programs for guests: the bytes of each instruction, and after the bar what it is. */
final class Programs {
    private Programs() {}

    static final String ARITHMETIC = """
            b8 64 00 00 00                | mov eax,0x64
            83 c0 17                      | add eax,0x17
            e7 80                         | out 0x80,eax
            48 b8 f0 de bc 9a 78 56 34 12 | movabs rax,0x123456789abcdef0
            48 c7 c1 00 10 00 00          | mov rcx,0x1000
            48 f7 e1                      | mul rcx
            48 92                         | xchg rdx,rax
            e7 80                         | out 0x80,eax
            b8 43 42 0f 00                | mov eax,0xf4243
            31 d2                         | xor edx,edx
            b9 e8 03 00 00                | mov ecx,0x3e8
            f7 f1                         | div ecx
            e7 80                         | out 0x80,eax
            89 d0                         | mov eax,edx
            e7 80                         | out 0x80,eax
            b8 ff ff ff 7f                | mov eax,0x7fffffff
            83 c0 01                      | add eax,0x1
            0f 90 c0                      | seto al
            0f b6 c0                      | movzx eax,al
            e7 80                         | out 0x80,eax
            b8 f9 ff ff ff                | mov eax,0xfffffff9
            b9 02 00 00 00                | mov ecx,0x2
            99                            | cdq
            f7 f9                         | idiv ecx
            e7 80                         | out 0x80,eax
            b8 01 00 00 80                | mov eax,0x80000001
            c1 c0 04                      | rol eax,0x4
            e7 80                         | out 0x80,eax
            31 c0                         | xor eax,eax
            b9 e8 03 00 00                | mov ecx,0x3e8
            01 c8                         | add eax,ecx
            e2 fc                         | loop 0x100066
            e7 80                         | out 0x80,eax
            50                            | push rax
            e8 02 00 00 00                | call 0x100074
            e6 f4                         | out 0xf4,al
            8b 44 24 08                   | mov eax,DWORD PTR [rsp+0x8]
            0f c8                         | bswap eax
            e7 80                         | out 0x80,eax
            c3                            | ret
            """;

    static final String PAGING = """
            0f 20 e0             | mov eax,cr4
            83 c8 20             | or eax,0x20
            0f 22 e0             | mov cr4,eax
            b8 00 90 00 00       | mov eax,0x9000
            0f 22 d8             | mov cr3,eax
            b9 80 00 00 c0       | mov ecx,0xc0000080
            0f 32                | rdmsr
            0d 00 01 00 00       | or eax,0x100
            0f 30                | wrmsr
            0f 20 c0             | mov eax,cr0
            0d 00 00 00 80       | or eax,0x80000000
            0f 22 c0             | mov cr0,eax
            0f 01 15 00 06 00 00 | lgdtd ds:0x600
            ea 38 00 10 00 10 00 | jmp 0x10:0x100038
            48                   | dec eax
            b8 88 77 66 55       | mov eax,0x55667788
            44                   | inc esp
            33 22                | xor esp,DWORD PTR [edx]
            11 48 89             | adc DWORD PTR [eax-0x77],ecx
            04 25                | add al,0x25
            00 00                | add BYTE PTR [eax],al
            20 00                | and BYTE PTR [eax],al
            48                   | dec eax
            8b 04 25 00 00 40 00 | mov eax,DWORD PTR [eiz*1+0x400000]
            e7 80                | out 0x80,eax
            48                   | dec eax
            c1 e8 20             | shr eax,0x20
            e7 80                | out 0x80,eax
            b9 80 00 00 c0       | mov ecx,0xc0000080
            0f 32                | rdmsr
            e7 80                | out 0x80,eax
            e6 f4                | out 0xf4,al
            """;

    static final String EXCEPTIONS = """
            0f 01 14 25 00 06 00 00       | lgdt ds:0x600
            0f 01 1c 25 10 06 00 00       | lidt ds:0x610
            31 d2                         | xor edx,edx
            31 c9                         | xor ecx,ecx
            b8 05 00 00 00                | mov eax,0x5
            f7 f1                         | div ecx
            0f 0b                         | ud2
            cc                            | int3
            48 c7 c0 00 00 00 40          | mov rax,0x40000000
            48 8b 18                      | mov rbx,QWORD PTR [rax]
            48 b8 00 00 00 00 00 00 00 80 | movabs rax,0x8000000000000000
            48 8b 18                      | mov rbx,QWORD PTR [rax]
            b9 56 34 12 00                | mov ecx,0x123456
            0f 32                         | rdmsr
            cd 40                         | int 0x40
            e6 f4                         | out 0xf4,al
            """;

    static final String HANDLERS = """
            6a 00                            | push 0x0
            6a 00                            | push 0x0
            eb 5a                            | jmp 0x2060
            66 2e 0f 1f 84 00 00 00 00 00    | cs nop WORD PTR [rax+rax*1+0x0]
            6a 00                            | push 0x0
            6a 03                            | push 0x3
            eb 4a                            | jmp 0x2060
            66 2e 0f 1f 84 00 00 00 00 00    | cs nop WORD PTR [rax+rax*1+0x0]
            6a 00                            | push 0x0
            6a 06                            | push 0x6
            eb 3a                            | jmp 0x2060
            66 2e 0f 1f 84 00 00 00 00 00    | cs nop WORD PTR [rax+rax*1+0x0]
            6a 0d                            | push 0xd
            eb 2c                            | jmp 0x2060
            66 66 2e 0f 1f 84 00 00 00 00 00 | data16 cs nop WORD PTR [rax+rax*1+0x0]
            90                               | nop
            6a 0e                            | push 0xe
            eb 1c                            | jmp 0x2060
            66 66 2e 0f 1f 84 00 00 00 00 00 | data16 cs nop WORD PTR [rax+rax*1+0x0]
            90                               | nop
            6a 00                            | push 0x0
            6a 40                            | push 0x40
            eb 0a                            | jmp 0x2060
            66 2e 0f 1f 84 00 00 00 00 00    | cs nop WORD PTR [rax+rax*1+0x0]
            50                               | push rax
            ff 04 25 00 00 2f 00             | inc DWORD PTR ds:0x2f0000
            8b 44 24 08                      | mov eax,DWORD PTR [rsp+0x8]
            e7 80                            | out 0x80,eax
            8b 44 24 10                      | mov eax,DWORD PTR [rsp+0x10]
            e7 80                            | out 0x80,eax
            80 7c 24 08 0e                   | cmp BYTE PTR [rsp+0x8],0xe
            75 0b                            | jne 0x2086
            0f 20 d0                         | mov rax,cr2
            e7 80                            | out 0x80,eax
            48 83 44 24 18 03                | add QWORD PTR [rsp+0x18],0x3
            80 7c 24 08 0d                   | cmp BYTE PTR [rsp+0x8],0xd
            75 16                            | jne 0x20a3
            48 83 44 24 18 02                | add QWORD PTR [rsp+0x18],0x2
            48 8b 44 24 18                   | mov rax,QWORD PTR [rsp+0x18]
            80 78 fe 0f                      | cmp BYTE PTR [rax-0x2],0xf
            74 05                            | je 0x20a3
            48 ff 44 24 18                   | inc QWORD PTR [rsp+0x18]
            80 7c 24 08 06                   | cmp BYTE PTR [rsp+0x8],0x6
            77 0d                            | ja 0x20b7
            80 7c 24 08 03                   | cmp BYTE PTR [rsp+0x8],0x3
            74 06                            | je 0x20b7
            48 83 44 24 18 02                | add QWORD PTR [rsp+0x18],0x2
            58                               | pop rax
            48 83 c4 10                      | add rsp,0x10
            48 cf                            | iretq
            """;

    static final String PORTS = """
            66 ba 10 05          | mov dx,0x510
            b8 44 33 22 11       | mov eax,0x11223344
            ee                   | out dx,al
            66 ef                | out dx,ax
            ef                   | out dx,eax
            ed                   | in eax,dx
            e7 80                | out 0x80,eax
            31 c0                | xor eax,eax
            66 ed                | in ax,dx
            e7 80                | out 0x80,eax
            ec                   | in al,dx
            e7 80                | out 0x80,eax
            be 00 00 30 00       | mov esi,0x300000
            c7 06 61 62 63 64    | mov DWORD PTR [rsi],0x64636261
            b9 04 00 00 00       | mov ecx,0x4
            fc                   | cld
            f3 6e                | rep outs dx,BYTE PTR ds:[rsi]
            bf 10 00 30 00       | mov edi,0x300010
            b9 03 00 00 00       | mov ecx,0x3
            66 f3 6d             | rep ins WORD PTR es:[rdi],dx
            8b 04 25 10 00 30 00 | mov eax,DWORD PTR ds:0x300010
            e7 80                | out 0x80,eax
            8b 04 25 14 00 30 00 | mov eax,DWORD PTR ds:0x300014
            e7 80                | out 0x80,eax
            89 f8                | mov eax,edi
            e7 80                | out 0x80,eax
            66 ba 99 09          | mov dx,0x999
            ed                   | in eax,dx
            e7 80                | out 0x80,eax
            e6 f4                | out 0xf4,al
            """;

    static final String DEVICE = """
            bb 00 00 00 20                | mov ebx,0x20000000
            c6 03 12                      | mov BYTE PTR [rbx],0x12
            66 c7 43 02 56 34             | mov WORD PTR [rbx+0x2],0x3456
            c7 43 04 de bc 9a 78          | mov DWORD PTR [rbx+0x4],0x789abcde
            48 b8 88 77 66 55 44 33 22 11 | movabs rax,0x1122334455667788
            48 89 43 08                   | mov QWORD PTR [rbx+0x8],rax
            0f b6 43 01                   | movzx eax,BYTE PTR [rbx+0x1]
            e7 80                         | out 0x80,eax
            0f b7 43 02                   | movzx eax,WORD PTR [rbx+0x2]
            e7 80                         | out 0x80,eax
            8b 43 04                      | mov eax,DWORD PTR [rbx+0x4]
            e7 80                         | out 0x80,eax
            48 8b 43 08                   | mov rax,QWORD PTR [rbx+0x8]
            e7 80                         | out 0x80,eax
            48 c1 e8 20                   | shr rax,0x20
            e7 80                         | out 0x80,eax
            83 43 04 05                   | add DWORD PTR [rbx+0x4],0x5
            8b 83 00 20 00 00             | mov eax,DWORD PTR [rbx+0x2000]
            e7 80                         | out 0x80,eax
            c7 83 00 20 00 00 01 00 00 00 | mov DWORD PTR [rbx+0x2000],0x1
            e6 f4                         | out 0xf4,al
            """;

    static final String INTERRUPT = """
            0f 01 14 25 00 06 00 00       | lgdt ds:0x600
            0f 01 1c 25 10 06 00 00       | lidt ds:0x610
            bb 00 00 e0 1e                | mov ebx,0x1ee00000
            c7 83 f0 00 00 00 ff 01 00 00 | mov DWORD PTR [rbx+0xf0],0x1ff
            c7 83 00 03 00 00 40 40 04 00 | mov DWORD PTR [rbx+0x300],0x44040
            b8 01 00 00 00                | mov eax,0x1
            e7 80                         | out 0x80,eax
            fb                            | sti
            83 3c 25 00 00 2f 00 01       | cmp DWORD PTR ds:0x2f0000,0x1
            75 f6                         | jne 0x100031
            b8 02 00 00 00                | mov eax,0x2
            e7 80                         | out 0x80,eax
            fa                            | cli
            b9 1b 00 00 00                | mov ecx,0x1b
            0f 32                         | rdmsr
            0d 00 04 00 00                | or eax,0x400
            0f 30                         | wrmsr
            b9 3f 08 00 00                | mov ecx,0x83f
            b8 40 00 00 00                | mov eax,0x40
            31 d2                         | xor edx,edx
            0f 30                         | wrmsr
            b9 0b 08 00 00                | mov ecx,0x80b
            31 c0                         | xor eax,eax
            0f 30                         | wrmsr
            b8 03 00 00 00                | mov eax,0x3
            e7 80                         | out 0x80,eax
            fb                            | sti
            83 3c 25 00 00 2f 00 02       | cmp DWORD PTR ds:0x2f0000,0x2
            75 f6                         | jne 0x100070
            fa                            | cli
            b9 0b 08 00 00                | mov ecx,0x80b
            31 c0                         | xor eax,eax
            31 d2                         | xor edx,edx
            0f 30                         | wrmsr
            b9 02 08 00 00                | mov ecx,0x802
            0f 32                         | rdmsr
            e7 80                         | out 0x80,eax
            e6 f4                         | out 0xf4,al
            """;

    static final String TIMER = """
            0f 01 14 25 00 06 00 00 | lgdt ds:0x600
            0f 01 1c 25 10 06 00 00 | lidt ds:0x610
            b9 1b 00 00 00          | mov ecx,0x1b
            0f 32                   | rdmsr
            0d 00 04 00 00          | or eax,0x400
            0f 30                   | wrmsr
            b9 0f 08 00 00          | mov ecx,0x80f
            b8 ff 01 00 00          | mov eax,0x1ff
            31 d2                   | xor edx,edx
            0f 30                   | wrmsr
            b9 32 08 00 00          | mov ecx,0x832
            b8 40 00 04 00          | mov eax,0x40040
            0f 30                   | wrmsr
            0f 31                   | rdtsc
            48 c1 e2 20             | shl rdx,0x20
            48 09 d0                | or rax,rdx
            48 05 00 a3 e1 11       | add rax,0x11e1a300
            48 89 c2                | mov rdx,rax
            48 c1 ea 20             | shr rdx,0x20
            b9 e0 06 00 00          | mov ecx,0x6e0
            0f 30                   | wrmsr
            fb                      | sti
            f4                      | hlt
            fa                      | cli
            b9 e0 06 00 00          | mov ecx,0x6e0
            0f 32                   | rdmsr
            e7 80                   | out 0x80,eax
            b9 0b 08 00 00          | mov ecx,0x80b
            31 c0                   | xor eax,eax
            31 d2                   | xor edx,edx
            0f 30                   | wrmsr
            b9 32 08 00 00          | mov ecx,0x832
            b8 40 00 00 00          | mov eax,0x40
            0f 30                   | wrmsr
            b9 3e 08 00 00          | mov ecx,0x83e
            b8 0b 00 00 00          | mov eax,0xb
            0f 30                   | wrmsr
            b9 38 08 00 00          | mov ecx,0x838
            b8 00 e1 f5 05          | mov eax,0x5f5e100
            0f 30                   | wrmsr
            fb                      | sti
            f4                      | hlt
            e6 f4                   | out 0xf4,al
            """;

    static final String REGISTERS = """
            0f 01 14 25 00 06 00 00          | lgdt ds:0x600
            0f 01 1c 25 10 06 00 00          | lidt ds:0x610
            b9 82 00 00 c0                   | mov ecx,0xc0000082
            b8 00 00 00 81                   | mov eax,0x81000000
            ba ff ff ff ff                   | mov edx,0xffffffff
            0f 30                            | wrmsr
            0f 32                            | rdmsr
            e7 80                            | out 0x80,eax
            89 d0                            | mov eax,edx
            e7 80                            | out 0x80,eax
            b9 02 01 00 c0                   | mov ecx,0xc0000102
            b8 00 00 30 00                   | mov eax,0x300000
            31 d2                            | xor edx,edx
            0f 30                            | wrmsr
            c7 04 25 08 00 30 00 5a 5a 00 00 | mov DWORD PTR ds:0x300008,0x5a5a
            0f 01 f8                         | swapgs
            65 8b 04 25 08 00 00 00          | mov eax,DWORD PTR gs:0x8
            e7 80                            | out 0x80,eax
            b9 77 02 00 00                   | mov ecx,0x277
            0f 32                            | rdmsr
            e7 80                            | out 0x80,eax
            b9 02 01 00 c0                   | mov ecx,0xc0000102
            31 c0                            | xor eax,eax
            ba 00 00 00 80                   | mov edx,0x80000000
            0f 30                            | wrmsr
            44 0f 20 c0                      | mov rax,cr8
            e7 80                            | out 0x80,eax
            b8 05 00 00 00                   | mov eax,0x5
            44 0f 22 c0                      | mov cr8,rax
            44 0f 20 c0                      | mov rax,cr8
            e7 80                            | out 0x80,eax
            b8 01 00 00 00                   | mov eax,0x1
            31 c9                            | xor ecx,ecx
            0f a2                            | cpuid
            89 c8                            | mov eax,ecx
            25 00 20 20 01                   | and eax,0x1202000
            e7 80                            | out 0x80,eax
            e6 f4                            | out 0xf4,al
            """;

    static final String VECTORS = """
            0f 20 c0                      | mov rax,cr0
            83 e0 fb                      | and eax,0xfffffffb
            83 c8 02                      | or eax,0x2
            0f 22 c0                      | mov cr0,rax
            0f 20 e0                      | mov rax,cr4
            0d 00 06 00 00                | or eax,0x600
            0f 22 e0                      | mov cr4,rax
            b8 db 0f 49 40                | mov eax,0x40490fdb
            66 0f 6e c0                   | movd xmm0,eax
            b8 00 00 00 3f                | mov eax,0x3f000000
            66 0f 6e c8                   | movd xmm1,eax
            f3 0f 59 c1                   | mulss xmm0,xmm1
            66 0f 7e c0                   | movd eax,xmm0
            e7 80                         | out 0x80,eax
            48 b8 08 07 06 05 04 03 02 01 | movabs rax,0x102030405060708
            66 48 0f 6e d0                | movq xmm2,rax
            66 0f 70 da 11                | pshufd xmm3,xmm2,0x11
            66 0f fc da                   | paddb xmm3,xmm2
            66 0f 7e d8                   | movd eax,xmm3
            e7 80                         | out 0x80,eax
            f2 0f 2a e0                   | cvtsi2sd xmm4,eax
            f2 0f 51 e4                   | sqrtsd xmm4,xmm4
            f2 0f 2c c4                   | cvttsd2si eax,xmm4
            e7 80                         | out 0x80,eax
            66 0f 7f 1c 25 00 00 30 00    | movdqa XMMWORD PTR ds:0x300000,xmm3
            8b 04 25 0c 00 30 00          | mov eax,DWORD PTR ds:0x30000c
            e7 80                         | out 0x80,eax
            db e3                         | fninit
            d9 e8                         | fld1
            d9 e8                         | fld1
            de c1                         | faddp st(1),st
            db 1c 25 20 00 30 00          | fistp DWORD PTR ds:0x300020
            8b 04 25 20 00 30 00          | mov eax,DWORD PTR ds:0x300020
            e7 80                         | out 0x80,eax
            bf 00 01 30 00                | mov edi,0x300100
            0f ae 07                      | fxsave [rdi]
            8b 47 18                      | mov eax,DWORD PTR [rdi+0x18]
            e7 80                         | out 0x80,eax
            e6 f4                         | out 0xf4,al
            """;

    static final String MODIFY = """
            31 db                | xor ebx,ebx
            b8 01 00 00 00       | mov eax,0x1
            e7 80                | out 0x80,eax
            fe 04 25 03 00 10 00 | inc BYTE PTR ds:0x100003
            ff c3                | inc ebx
            83 fb 03             | cmp ebx,0x3
            75 eb                | jne 0x100002
            e6 f4                | out 0xf4,al
            """;

    static final String LOCKED = """
            bb 00 00 30 00          | mov ebx,0x300000
            48 c7 03 01 00 00 00    | mov QWORD PTR [rbx],0x1
            48 c7 43 08 02 00 00 00 | mov QWORD PTR [rbx+0x8],0x2
            b8 01 00 00 00          | mov eax,0x1
            ba 02 00 00 00          | mov edx,0x2
            49 89 d8                | mov r8,rbx
            bb 03 00 00 00          | mov ebx,0x3
            b9 04 00 00 00          | mov ecx,0x4
            f0 49 0f c7 08          | lock cmpxchg16b OWORD PTR [r8]
            0f 94 c0                | sete al
            0f b6 c0                | movzx eax,al
            e7 80                   | out 0x80,eax
            41 8b 00                | mov eax,DWORD PTR [r8]
            e7 80                   | out 0x80,eax
            41 8b 40 08             | mov eax,DWORD PTR [r8+0x8]
            e7 80                   | out 0x80,eax
            b8 0a 00 00 00          | mov eax,0xa
            f0 41 0f c1 00          | lock xadd DWORD PTR [r8],eax
            e7 80                   | out 0x80,eax
            b8 0d 00 00 00          | mov eax,0xd
            b9 63 00 00 00          | mov ecx,0x63
            f0 41 0f b1 08          | lock cmpxchg DWORD PTR [r8],ecx
            41 8b 00                | mov eax,DWORD PTR [r8]
            e7 80                   | out 0x80,eax
            41 87 40 08             | xchg DWORD PTR [r8+0x8],eax
            e7 80                   | out 0x80,eax
            f0 41 0f ba 28 1f       | lock bts DWORD PTR [r8],0x1f
            41 8b 00                | mov eax,DWORD PTR [r8]
            e7 80                   | out 0x80,eax
            e6 f4                   | out 0xf4,al
            """;

    static final String TRIPLE = """
            0f 01 1c 25 20 06 00 00 | lidt ds:0x620
            0f 0b                   | ud2
            """;

    static final String SPIN = """
            eb fe | jmp 0x100000
            """;

    static final String SECOND = """
            b9 1b 00 00 00          | mov ecx,0x1b
            0f 32                   | rdmsr
            0d 00 04 00 00          | or eax,0x400
            0f 30                   | wrmsr
            b9 0f 08 00 00          | mov ecx,0x80f
            b8 ff 01 00 00          | mov eax,0x1ff
            31 d2                   | xor edx,edx
            0f 30                   | wrmsr
            b9 30 08 00 00          | mov ecx,0x830
            b8 00 45 00 00          | mov eax,0x4500
            ba 01 00 00 00          | mov edx,0x1
            0f 30                   | wrmsr
            b8 08 46 00 00          | mov eax,0x4608
            0f 30                   | wrmsr
            f3 90                   | pause
            83 3c 25 00 00 30 00 07 | cmp DWORD PTR ds:0x300000,0x7
            75 f4                   | jne 0x100034
            8b 04 25 00 00 30 00    | mov eax,DWORD PTR ds:0x300000
            e7 80                   | out 0x80,eax
            e6 f4                   | out 0xf4,al
            """;

    static final String REAL = """
            8c c8                               | mov ax,cs
            3d 00 08                            | cmp ax,0x800
            75 1f                               | jne 0x8026
            2e 0f 01 16 00 01                   | lgdtw cs:0x100
            0f 20 c0                            | mov eax,cr0
            0c 01                               | or al,0x1
            0f 22 c0                            | mov cr0,eax
            b8 18 00                            | mov ax,0x18
            8e d8                               | mov ds,ax
            67 66 c7 05 00 00 30 00 07 00 00 00 | addr32 mov DWORD PTR ds:0x300000,0x7
            f4                                  | hlt
            eb fd                               | jmp 0x8026
            """;

    /** {@return the bytes of a program} */
    static byte[] bytes(String program) {
        StringBuilder digits = new StringBuilder();
        for (String line : program.lines().toList()) {
            digits.append(line.substring(0, line.indexOf('|')).replace(" ", ""));
        }
        return java.util.HexFormat.of().parseHex(digits);
    }
}
